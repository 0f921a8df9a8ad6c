import type { S3Object } from '../../kit/dumps/s3-client.ts';
import type { Secret } from '../../kit/secret.ts';

export type Engine = 'mariadb' | 'mysql' | 'postgres';
export type MaskRule = 'name' | 'mail' | 'phone' | 'address' | 'hash' | 'null' | 'keep';

/** Where the rows come from. It is only read. */
export type Origin = ServerOrigin | FileOrigin;

/** A server that runs. */
export interface ServerOrigin {
  readonly by: 'mysql' | 'postgres';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
  /** Of the program that dumps. */
  readonly options: readonly string[];
}

/** A dump that somebody made. */
export type FileOrigin =
  | { readonly by: 'file'; readonly path: string }
  | { readonly by: 'url'; readonly url: Secret }
  | { readonly by: 's3'; readonly object: S3Object }
  | { readonly by: 'command'; readonly run: readonly string[]; readonly directory: string };

/** A data source that becomes a golden database, as `wizard.yml` says. */
export interface GoldenSource {
  readonly engine: Engine;
  /** Image of the server; missing: the programs of this machine. */
  readonly container?: string;
  /** Missing: as at the source, or `app`. */
  readonly database?: string;
  readonly from: Origin;
  /** Tables that come without their rows; `*` stands for any part. */
  readonly leaveOut: readonly string[];
  /** Tables of which so many rows come, the newest by their key. */
  readonly sample: Readonly<Record<string, number>>;
  /** By `TABLE.COLUMN`. */
  readonly mask: Readonly<Record<string, MaskRule>>;
  readonly maskFiles: readonly string[];
  readonly strict: boolean;
  readonly checks: readonly string[];
  /** The operator says that it holds nothing personal. */
  readonly masked: boolean;
}
export type GoldenSources = Readonly<Record<string, GoldenSource>>;

/** Without secrets, for the manifest and the log. */
export function originText(from: Origin): string {
  if (from.by === 'mysql' || from.by === 'postgres') return `${from.database} of ${from.host} port ${from.port}`;
  if (from.by === 'file') return from.path;
  if (from.by === 's3') return `s3://${from.object.bucket}/${from.object.key}`;
  return from.by === 'url' ? 'a URL' : 'a command';
}

/** Whether a table is meant by a name in which `*` stands for any part. */
export function meansTable(pattern: string, table: string): boolean {
  const pieces = pattern.split('*').map((piece) => piece.replaceAll(/[$]/g, '\\$'));
  return new RegExp(`^${pieces.join('.*')}$`).test(table);
}
