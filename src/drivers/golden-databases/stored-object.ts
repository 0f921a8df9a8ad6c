import { Readable } from 'node:stream';
import { WizardError } from '../../domain/wizard-error.ts';
import { bodyDump, type OpenDump } from '../../kit/dumps/open-dump.ts';
import { openS3, type S3Object } from '../../kit/dumps/s3-client.ts';

/** Opens an object of Amazon S3, or of a store that speaks like it. Without keys those that the AWS SDK finds are used. */
export async function openStored(name: string, object: S3Object, signal: AbortSignal): Promise<OpenDump> {
  const { bucket, key } = object;
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const client = await openS3(object);
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

/** Whether it is there and may be read, without reading it. */
export async function lookAtStored(
  name: string,
  object: S3Object,
  signal: AbortSignal,
): Promise<{ readonly bytes: number }> {
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
  const client = await openS3(object);
  try {
    const asked = new HeadObjectCommand({ Bucket: object.bucket, Key: object.key });
    return { bytes: (await client.send(asked, { abortSignal: signal })).ContentLength ?? 0 };
  } catch (cause) {
    signal.throwIfAborted();
    throw failed(name, object, 'it cannot be had', cause);
  } finally {
    client.destroy();
  }
}

const failed = (name: string, { bucket, key }: S3Object, what: string, cause: unknown): WizardError =>
  new WizardError(`fetching the dump of ${name} from s3://${bucket}/${key}: ${what}`, {
    code: 'data/fetch-failed',
    remedy: 'fix-setup',
    hint: 'Are bucket, key and region right, and may we read it (s3:GetObject)?',
    ...(cause === undefined ? {} : { cause }),
  });
