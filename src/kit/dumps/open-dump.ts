import { createReadStream } from 'node:fs';
import { type Duplex, PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Secret } from '../secret.ts';
import { type CommandCall, openCommand } from './open-command.ts';
import { zstdFrames } from './zstd-frames.ts';

/** A dump on its way, out of gzip and zstd. */
export interface OpenDump {
  readonly stream: Readable;
  /** Rejects with the reason when the dump could not be had whole; after the stream has ended. */
  readonly whole: Promise<void>;
  /** When it was seen to end, well or not. */
  readonly endedAt: () => number | undefined;
  /** What a whole dump ends with, where that can be known before it is read. */
  readonly endsWith?: string;
  stop(): void;
}

/** A file of this machine. */
export const fileDump = (name: string, path: string, outer: AbortSignal): Promise<OpenDump> =>
  bodyDump(createReadStream(path, { highWaterMark: 256 * 1024 }), outer, (what, cause) =>
    failed(`reading the dump of ${name}: ${what}`, `Is ${path} a dump, and may the server's user read it?`, cause),
  );

/** What an address answers. The address itself is in no message. */
export async function fetchedDump(name: string, url: Secret, outer: AbortSignal): Promise<OpenDump> {
  const hint = `Is the URL right, and not expired? Then \`wizard data bake ${name}\`.`;
  const fault = (what: string, cause?: unknown): WizardError =>
    failed(`fetching the dump of ${name}: ${what}`, hint, cause);
  const response = await fetch(requestOf(url), { signal: outer }).catch((cause: unknown) => {
    outer.throwIfAborted();
    throw fault('its server does not answer', cause);
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw fault(`its server answered with HTTP status ${response.status}`);
  }
  return bodyDump(Readable.fromWeb(response.body), outer, fault);
}

/** Who asks is no part of an address that is fetched: it goes into the header for it. */
function requestOf(secret: Secret): Request {
  const url = new URL(secret.reveal());
  const { username, password } = url;
  if (username === '' && password === '') return new Request(url);
  url.username = '';
  url.password = '';
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return new Request(url, { headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } });
}

/** What a program prints. `why` makes an error of ours of how it failed. */
export async function printedDump(
  call: CommandCall,
  about: {
    readonly doing: string;
    readonly say: (text: string) => void;
    readonly signal: AbortSignal;
    readonly why: (cause: unknown) => WizardError;
  },
): Promise<OpenDump> {
  const command = openCommand(call, about.doing, about.say);
  command.stdin.end();
  const whole = command.ended.catch((cause: unknown) => {
    throw about.why(cause);
  });
  whole.catch(() => undefined);
  try {
    const dump = await bodyDump(command.stdout, about.signal, (what, cause) =>
      failed(`${about.doing}: ${what}`, 'What does it print?', cause),
    );
    const both = Promise.all([whole, dump.whole]).then(() => undefined);
    both.catch(() => undefined);
    const stop = (): void => {
      dump.stop();
      command.stop();
    };
    return { ...dump, whole: both, endedAt: command.endedAt, stop };
  } catch (error) {
    command.stop();
    throw error;
  }
}

/** What a stream brings, out of gzip and zstd; which of them it is, its first bytes say. */
export async function bodyDump(
  body: Readable,
  outer: AbortSignal,
  fault: (what: string, cause?: unknown) => WizardError,
): Promise<OpenDump> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([outer, stopping.signal]);
  const first = await firstBytes(body).catch((cause: unknown) => {
    outer.throwIfAborted();
    throw fault('it cannot be read', cause);
  });
  const stream = new PassThrough({ highWaterMark: 1024 * 1024 });
  let endedAt: number | undefined;
  const whole = pipeline(prefixed(first, body), unpack(first), stream, { signal })
    .catch((cause: unknown) => {
      outer.throwIfAborted();
      throw fault('it is damaged, or broke off', cause);
    })
    .finally(() => {
      endedAt = performance.now();
    });
  whole.catch(() => undefined);
  return { stream, whole, endedAt: () => endedAt, stop: () => stopping.abort() };
}

/** At least 64, when there are as many. The stream goes on after them. */
export async function firstBytes(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const iterator: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: false });
  while (pieces.reduce((sum, { length }) => sum + length, 0) < 64) {
    const { done, value } = await iterator.next();
    if (done) break;
    pieces.push(Buffer.from(value));
  }
  await iterator.return?.();
  return Buffer.concat(pieces);
}

/** A stream whose beginning was read already. */
export async function* prefixed(first: Buffer, rest: Readable): AsyncGenerator<Uint8Array> {
  yield first;
  if (!rest.readableEnded) yield* rest;
}

function unpack(first: Buffer): Duplex {
  const magic = first.subarray(0, 4).toString('hex');
  if (magic.startsWith('1f8b')) return createGunzip();
  // The second one: a frame that only says what comes.
  return /^28b52ffd|^5.2a4d18/.test(magic) ? zstdFrames() : new PassThrough();
}

const failed = (message: string, hint: string, cause: unknown): WizardError =>
  new WizardError(message, {
    code: 'data/fetch-failed',
    remedy: 'fix-setup',
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
