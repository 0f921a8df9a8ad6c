import { Readable } from 'node:stream';
import { WizardError } from '../../domain/wizard-error.ts';
import { bodyDump, type OpenDump } from '../../kit/dumps/open-dump.ts';
import type { StoredObject } from './golden-source.ts';

/** Opens an object of Amazon S3, or of a store that speaks like it. Without keys those that the AWS SDK finds are used. */
export async function openStored(name: string, object: StoredObject, signal: AbortSignal): Promise<OpenDump> {
  const { bucket, key, region, endpoint, accessKey } = object;
  // Only where it is used: a server that is larger in memory starts programs more slowly.
  const { GetObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region,
    // Stores other than Amazon's seldom have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKey === undefined ? {} : { credentials: credentialsOf(accessKey) }),
  });
  const fault = (what: string, cause?: unknown): WizardError => failed(name, object, what, cause);
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    if (!(Body instanceof Readable)) throw new Error('the answer has no body');
    const dump = await bodyDump(Body, signal, fault);
    // Closed before it is read, the connection would be cut.
    dump.whole.finally(() => client.destroy()).catch(() => undefined);
    return dump;
  } catch (cause) {
    client.destroy();
    signal.throwIfAborted();
    throw cause instanceof WizardError ? cause : fault('it cannot be had', cause);
  }
}

const credentialsOf = ({ id, secret, sessionToken }: NonNullable<StoredObject['accessKey']>) => ({
  accessKeyId: id,
  secretAccessKey: secret.reveal(),
  ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
});

const failed = (name: string, { bucket, key }: StoredObject, what: string, cause: unknown): WizardError =>
  new WizardError(`fetching the dump of ${name} from s3://${bucket}/${key}: ${what}`, {
    code: 'data/fetch-failed',
    remedy: 'fix-setup',
    hint: 'Are bucket, key and region right, and may we read it (s3:GetObject)?',
    ...(cause === undefined ? {} : { cause }),
  });
