import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Secret } from '../../kit/secret.ts';
import type { OpenDump } from './open-dump.ts';

/** Fetches a dump and takes it out of gzip or zstd; which of them it is, its first bytes say. */
export async function fetchDump(name: string, url: Secret, outer: AbortSignal): Promise<OpenDump> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([outer, stopping.signal]);
  const response = await fetch(url.reveal(), { signal }).catch((cause: unknown) => {
    outer.throwIfAborted();
    throw failed(name, 'its server does not answer', cause);
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw failed(name, `its server answered with HTTP status ${response.status}`, undefined);
  }
  const body = Readable.fromWeb(response.body);
  const first = await firstBytes(body).catch((cause: unknown) => {
    throw failed(name, 'it broke off', cause);
  });
  const stream = new PassThrough();
  let endedAt: number | undefined;
  const whole = pipeline(prefixed(first, body), unpack(first), stream, { signal })
    .catch((cause: unknown) => {
      outer.throwIfAborted();
      throw failed(name, 'it is damaged, or broke off', cause);
    })
    .finally(() => {
      endedAt = performance.now();
    });
  whole.catch(() => undefined);
  return { stream, whole, endedAt: () => endedAt, stop: () => stopping.abort() };
}

/** At least four, when there are as many. */
async function firstBytes(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const iterator: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: false });
  while (pieces.reduce((sum, { length }) => sum + length, 0) < 4) {
    const { done, value } = await iterator.next();
    if (done) break;
    pieces.push(Buffer.from(value));
  }
  await iterator.return?.();
  return Buffer.concat(pieces);
}

async function* prefixed(first: Buffer, rest: Readable): AsyncGenerator<Uint8Array> {
  yield first;
  if (!rest.readableEnded) yield* rest;
}

function unpack(first: Buffer): Transform {
  const magic = first.subarray(0, 4).toString('hex');
  if (magic.startsWith('1f8b')) return createGunzip();
  return magic === '28b52ffd' ? createZstdDecompress() : new PassThrough();
}

const failed = (name: string, what: string, cause: unknown): WizardError =>
  new WizardError(`fetching the dump of ${name}: ${what}`, {
    code: 'data/fetch-failed',
    remedy: 'fix-setup',
    hint: `Is the URL right, and not expired? Then \`wizard data bake ${name}\`.`,
    ...(cause === undefined ? {} : { cause }),
  });
