import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WizardError } from '../../domain/wizard-error.ts';
import { keepBytes } from '../keep-bytes.ts';
import type { OpenCommand } from './open-command.ts';
import type { OpenDump } from './open-dump.ts';

export interface Poured {
  readonly bytes: number;
  /** Of the dump, sha256. */
  readonly hash: string;
}

/** Enough for the last line of a dump, and less than any statement that could hold the same words. */
const endBytes = 400;

/** Dumps that begin so end so. */
const marks = [
  { begins: /^(\/\*M!999999[^\n]*\n)?-- (MySQL|MariaDB) dump /, ends: '-- Dump completed' },
  { begins: /^--\n-- PostgreSQL database (cluster )?dump\n/, ends: ' dump complete\n' },
];

/** Lets a dump run into the program that loads it, both to their ends. Of two failures it tells the one that came first. */
export async function pour(
  name: string,
  dump: OpenDump,
  load: OpenCommand,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (bytes: number) => void },
): Promise<Poured> {
  const stop = (): void => {
    dump.stop();
    load.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  const hash = createHash('sha256');
  const end = keepBytes(endBytes);
  let begin = '';
  let bytes = 0;
  const meter = new Transform({
    transform(piece: Buffer, _encoding, done) {
      if (begin.length < endBytes) begin += piece.toString('latin1', 0, endBytes);
      bytes += piece.length;
      hash.update(piece);
      end.add(piece);
      progress(bytes);
      done(null, piece);
    },
  });
  try {
    // What breaks it is told by the two ends.
    const flow = pipeline(dump.stream, meter, load.stdin).catch((error: unknown) => error);
    load.stdout.resume();
    const [loaded, whole, broke] = await Promise.all([settled(load.ended), settled(dump.whole), flow]);
    signal.throwIfAborted();
    const loadFirst = (load.endedAt() ?? 0) < (dump.endedAt() ?? Number.POSITIVE_INFINITY);
    if (loaded && (loadFirst || !whole)) throw loaded;
    if (whole) throw whole;
    if (broke) throw broke;
    const endsWith = dump.endsWith ?? marks.find(({ begins }) => begins.test(begin))?.ends;
    if (endsWith !== undefined && !end.text('latin1').includes(endsWith)) throw cutOff(name);
    return { bytes, hash: hash.digest('hex') };
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

const settled = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const cutOff = (name: string): WizardError =>
  new WizardError(`dumping ${name}: the dump ends in the middle`, {
    code: 'data/dump-cut',
    remedy: 'fix-setup',
    hint: `Did the connection or the server break off? \`wizard data bake ${name}\` tries again.`,
  });
