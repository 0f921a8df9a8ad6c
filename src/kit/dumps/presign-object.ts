import { WizardError } from '../../domain/wizard-error.ts';
import { Secret } from '../secret.ts';
import { openS3, type S3Object } from './s3-client.ts';

/** What S3 takes at most. */
const longestSeconds = 7 * 24 * 60 * 60;

/** A URL at which anybody can read the object for so long: it is a secret. Nothing is asked of S3 for it. */
export async function presignObject(name: string, object: S3Object, forMs: number): Promise<Secret> {
  const { bucket, key } = object;
  const [{ GetObjectCommand }, { getSignedUrl }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/s3-request-presigner'),
  ]);
  const client = await openS3(object);
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
