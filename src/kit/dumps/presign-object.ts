import { WizardError } from '../../domain/wizard-error.ts';
import { Secret } from '../secret.ts';

/** An object of Amazon S3, or of a store that speaks like it. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  readonly endpoint?: string;
  /** Missing: what the AWS SDK finds by itself. */
  readonly accessKey?: { readonly id: string; readonly secret: Secret; readonly sessionToken?: Secret };
}

/** What S3 takes at most. */
const longestSeconds = 7 * 24 * 60 * 60;

/** A URL at which anybody can read the object for so long: it is a secret. Nothing is asked of S3 for it. */
export async function presignObject(name: string, object: S3Object, forMs: number): Promise<Secret> {
  const { bucket, key, region, endpoint, accessKey } = object;
  const [{ GetObjectCommand, S3Client }, { getSignedUrl }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  const client = new S3Client({
    region,
    // Stores other than Amazon's seldom have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKey === undefined ? {} : { credentials: credentialsOf(accessKey) }),
  });
  try {
    const expiresIn = Math.min(longestSeconds, Math.max(60, Math.ceil(forMs / 1000)));
    return new Secret(await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn }));
  } catch (cause) {
    throw new WizardError(`signing a URL for the dump of ${name}, s3://${bucket}/${key}`, {
      code: 'data/fetch-failed',
      remedy: 'fix-setup',
      hint: 'Give "access-key" under s3, or this server a role or profile of AWS, which may read it (s3:GetObject).',
      cause,
    });
  } finally {
    client.destroy();
  }
}

const credentialsOf = ({ id, secret, sessionToken }: NonNullable<S3Object['accessKey']>) => ({
  accessKeyId: id,
  secretAccessKey: secret.reveal(),
  ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
});
