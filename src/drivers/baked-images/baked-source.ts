import type { S3Object } from '../../kit/dumps/s3-client.ts';
import type { Secret } from '../../kit/secret.ts';

/** A data source that is baked, as `wizard.yml` says. */
export interface BakedSource {
  /** Where the images go: `registry.example.com/staging-data`. */
  readonly image: string;
  /** The database server that the data is loaded into: `mysql:5.6`. */
  readonly server: string;
  /** What the database is called in the image. */
  readonly database: string;
  readonly from:
    | {
        readonly by: 'mysqldump';
        readonly host: string;
        readonly port: number;
        readonly user: string;
        readonly password: Secret;
        readonly database: string;
        readonly options: readonly string[];
      }
    | { readonly by: 'url'; readonly url: Secret }
    | { readonly by: 's3'; readonly object: S3Object };
}
export type BakedSources = Readonly<Record<string, BakedSource>>;
