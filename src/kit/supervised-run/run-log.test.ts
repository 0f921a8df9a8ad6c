import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Secret } from '../secret.ts';
import { boundLog, copyAndCut } from './bound-log.ts';
import { maskSecrets, noMask } from './mask-secrets.ts';
import { notePunched } from './punch-log.ts';
import { lastLines, readRunLog } from './run-log.ts';

async function place(t: TestContext): Promise<{ directory: string; say: (text: string | Buffer) => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-log-'));
  t.after(() => rm(directory, { recursive: true }));
  return { directory, say: (text) => appendFile(join(directory, 'log'), text) };
}

const going = { mask: noMask, ended: false };

test('a log that is not there yet reads as empty', async (t) => {
  const { directory } = await place(t);
  assert.deepEqual(await readRunLog(directory, 0, going), { text: '', next: 0 });
  assert.deepEqual(await lastLines(directory, 5, noMask), []);
});

test('reading goes on where it ended, also over a cut, and what was dropped is skipped', async (t) => {
  const { directory, say } = await place(t);
  await say('0123456789');
  const first = await readRunLog(directory, 0, going);
  assert.deepEqual(first, { text: '0123456789', next: 10 });
  await say('abcdefghij');
  assert.equal(await copyAndCut(directory, 12), true);
  assert.equal((await stat(join(directory, 'log'))).size, 0);
  await say('KL');
  assert.deepEqual(await readRunLog(directory, 10, going), { text: 'abcdefghijKL', next: 22 });
  assert.deepEqual(await readRunLog(directory, 0, going), { text: '89abcdefghijKL', next: 22 });
  assert.deepEqual(await readRunLog(directory, 21, going), { text: 'L', next: 22 });
  assert.equal(await copyAndCut(directory, 12), false, 'a small log is left alone');
});

test('the last lines are kept when much is written while the log is cut', async (t) => {
  const { directory, say } = await place(t);
  const keepBytes = 4 * 1024 * 1024;
  await say('x'.repeat(keepBytes + 1));
  const cutting = copyAndCut(directory, keepBytes);
  let over = false;
  void cutting.finally(() => {
    over = true;
  });
  while (!existsSync(join(directory, 'log.older.part')) && !over) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(over, false, 'the cut is under way');
  appendFileSync(join(directory, 'log'), `${'y'.repeat(keepBytes)}the end\n`);
  assert.equal(await cutting, true);
  const end = 2 * keepBytes + 1 + 'the end\n'.length;
  assert.deepEqual(await readRunLog(directory, end - 10, going), { text: 'yythe end\n', next: end });
});

const blocks = async (directory: string): Promise<number> => (await stat(join(directory, 'log'))).blocks * 512;

test('the front of a long log is given back where it lies: it keeps its offsets, and takes the room of its newest part', {
  skip: spawnSync('fallocate', ['--version']).status !== 0 && 'fallocate is not installed',
}, async (t) => {
  const { directory, say } = await place(t);
  const keepBytes = 64 * 1024;
  let written = '';
  for (let round = 0; written.length < 40 * keepBytes; round += 1) {
    const text = `line ${round} ${'x'.repeat(3000)}\n`;
    written += text;
    await say(text);
    await boundLog(directory, keepBytes);
    assert.ok((await blocks(directory)) <= 2 * keepBytes + 16 * 1024);
  }
  assert.equal((await stat(join(directory, 'log'))).size, written.length);
  assert.equal(existsSync(join(directory, 'log.older')), false);
  let text = '';
  for (let next = 0; next < written.length; ) {
    const piece = await readRunLog(directory, next, going);
    text += piece.text;
    next = piece.next;
  }
  assert.ok(text.length >= keepBytes && written.endsWith(text), 'nothing is missing in what is kept');
  assert.equal(text.includes('\0'), false, 'nothing of the hole is shown');
  assert.deepEqual((await lastLines(directory, 1, noMask))[0]?.slice(0, 9), written.split('\n').at(-2)?.slice(0, 9));
});

test('a log that was given back at its front goes on where that is not possible any more', async (t) => {
  const { directory, say } = await place(t);
  await say('0123456789abcdefghij');
  notePunched(directory, 8);
  assert.deepEqual(await readRunLog(directory, 0, going), { text: '89abcdefghij', next: 20 });
  await copyAndCut(directory, 5);
  await say('KL');
  assert.deepEqual(await readRunLog(directory, 0, going), { text: 'fghijKL', next: 22 });
});

test('offsets stay the same over many cuts', async (t) => {
  const { directory, say } = await place(t);
  let written = '';
  for (let round = 0; round < 30; round += 1) {
    const text = `line ${round} ${'x'.repeat(round)}\n`;
    written += text;
    await say(text);
    await copyAndCut(directory, 40);
    const from = Math.max(0, written.length - 30);
    const piece = await readRunLog(directory, from, going);
    assert.equal(piece.text, written.slice(from));
    assert.equal(piece.next, written.length);
  }
});

test('a character that is half written is not torn', async (t) => {
  const { directory, say } = await place(t);
  const euro = Buffer.from('€');
  await say(Buffer.concat([Buffer.from('5 '), euro.subarray(0, 2)]));
  const first = await readRunLog(directory, 0, going);
  assert.deepEqual(first, { text: '5 ', next: 2 });
  await say(euro.subarray(2));
  assert.deepEqual(await readRunLog(directory, first.next, going), { text: '€', next: 5 });
});

test('a secret is masked, also when a piece ends in the middle of it', async (t) => {
  const { directory, say } = await place(t);
  const mask = maskSecrets({ token: new Secret('hunter2hunter2') });
  await say('token is hunter2hun');
  const first = await readRunLog(directory, 0, { mask, ended: false });
  assert.equal(first.text, 'token is ');
  await say('ter2 indeed\n');
  const second = await readRunLog(directory, first.next, { mask, ended: false });
  assert.equal(second.text, '[secret] indeed\n');
  await say('and h');
  const third = await readRunLog(directory, second.next, { mask, ended: true });
  assert.equal(third.text, 'and h', 'at the very end nothing is held back');
  assert.deepEqual(await lastLines(directory, 1, mask), ['and h']);
});

test('last lines are plain: no colours, no progress bars, no empty lines', async (t) => {
  const { directory, say } = await place(t);
  await say('first\n\u001b[31mred\u001b[0m\n\n10%\r50%\rdone\r\n   \nlast');
  assert.deepEqual(await lastLines(directory, 3, noMask), ['red', 'done', 'last']);
});
