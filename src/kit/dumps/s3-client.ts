import type { S3Client } from '@aws-sdk/client-s3';
import type { Secret } from '../secret.ts';

/** An object of Amazon S3, or of a store that speaks like it. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  readonly endpoint?: string;
  /** Missing: what the AWS SDK finds by itself. */
  readonly accessKey?: { readonly id: string; readonly secret: Secret; readonly sessionToken?: Secret };
}

/** A client for the store of this object; whoever opened it destroys it. */
export async function openS3({ region, endpoint, accessKey }: S3Object): Promise<S3Client> {
  // Only where it is used: a server that is larger in memory starts programs more slowly.
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    region,
    // Stores other than Amazon's seldom have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKey === undefined ? {} : { credentials: credentialsOf(accessKey) }),
  });
}

const credentialsOf = ({ id, secret, sessionToken }: NonNullable<S3Object['accessKey']>) => ({
  accessKeyId: id,
  secretAccessKey: secret.reveal(),
  ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
});
