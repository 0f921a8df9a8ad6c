import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { lastLinesOf } from '../command-output.ts';
import { openCommand } from './open-command.ts';
import type { OpenDump } from './open-dump.ts';
import { pour } from './pour.ts';

const never = new AbortController().signal;
const quiet = { signal: never, progress: () => undefined };
const silent = (): void => undefined;

/** A program as a dump, and another that loads it. */
function ends(dumping: string, loading: string, endsWith?: string) {
  const command = openCommand({ argv: ['sh', '-c', dumping], env: {} }, 'dumping', silent);
  command.stdin.end();
  const dump: OpenDump = {
    stream: command.stdout,
    whole: command.ended,
    endedAt: command.endedAt,
    stop: command.stop,
    ...(endsWith === undefined ? {} : { endsWith }),
  };
  return { dump, load: openCommand({ argv: ['sh', '-c', loading], env: {} }, 'loading', silent) };
}

const failureOf = async ({ dump, load }: ReturnType<typeof ends>): Promise<unknown> =>
  pour('staging', dump, load, quiet).then(
    () => undefined,
    (error: unknown) => error,
  );
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

test('what runs through is counted and hashed', async () => {
  const { dump, load } = ends('printf "a;\\nb;\\n-- Dump completed\\n"', 'cat >/dev/null', '-- Dump completed');
  const text = 'a;\nb;\n-- Dump completed\n';
  const hash = createHash('sha256').update(text).digest('hex');
  assert.deepEqual(await pour('staging', dump, load, quiet), { bytes: text.length, hash });
});

test('a dump that fails is told, though what loads it fails of that too', async () => {
  const error = await failureOf(ends('echo a; echo no more >&2; exit 3', 'cat >/dev/null; echo syntax >&2; exit 1'));
  assert.equal(messageOf(error), 'dumping: it ended with status 3');
  assert.deepEqual(lastLinesOf(error), ['no more']);
});

test('what loads it is told when it fails first, though the dump breaks of that', async () => {
  const error = await failureOf(ends('while echo aaaaaaaaaaaaaaaa; do :; done', 'read line; echo line 1 >&2; exit 1'));
  assert.equal(messageOf(error), 'loading: it ended with status 1');
  assert.deepEqual(lastLinesOf(error), ['line 1']);
});

test('what loads it is told when only that fails', async () => {
  assert.equal(messageOf(await failureOf(ends('echo a', 'cat >/dev/null; exit 4'))), 'loading: it ended with status 4');
});

test('a dump without its last line is cut off', async () => {
  const error = await failureOf(ends('echo a', 'cat >/dev/null', '-- Dump completed'));
  assert.ok(error instanceof Error && 'code' in error && error.code === 'data/dump-cut', String(error));
});

test('both ends are stopped when it is not wanted any more', async () => {
  const stopping = new AbortController();
  const { dump, load } = ends('while echo aaaaaaaaaaaaaaaa; do :; done', 'cat >/dev/null');
  const poured = pour('staging', dump, load, {
    signal: stopping.signal,
    progress: (bytes) => bytes > 1000 && stopping.abort(new Error('stopping')),
  });
  await assert.rejects(poured, /stopping/);
  await Promise.all([assert.rejects(load.ended), assert.rejects(dump.whole)]);
});

test('a stream that breaks in the middle ends what loads it', async () => {
  const load = openCommand({ argv: ['cat'], env: {} }, 'loading', silent);
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('a');
    throw new Error('the line is cut');
  }
  const stream = Readable.from(broken());
  const whole = Promise.reject(new Error('fetching: it broke off'));
  whole.catch(silent);
  const dump: OpenDump = { stream, whole, endedAt: () => 0, stop: silent };
  assert.equal(messageOf(await failureOf({ dump, load })), 'fetching: it broke off');
});
