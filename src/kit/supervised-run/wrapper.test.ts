import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseStat } from './process-table.ts';
import { wrapped } from './wrapper.ts';

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "wizard wrapper's $(touch here) "));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

function start(directory: string, argv: readonly string[], standsBack = false) {
  const [file, ...args] = wrapped({ directory, group: '', standsBack, argv });
  const child = spawn(file, args, { stdio: 'ignore', detached: true, cwd: directory });
  return { child, ended: once(child, 'exit') };
}

test('the wrapper writes who it is, and how its command ended', async (t) => {
  const directory = await place(t);
  const { child, ended } = start(directory, ['/bin/sh', '-c', 'exit 5']);
  await ended;
  assert.equal(parseStat(await readFile(join(directory, 'pid'), 'utf8'))?.pid, child.pid);
  assert.equal(await readFile(join(directory, 'status'), 'utf8'), '5\n');
});

test('arguments reach the command as they are, whatever is in them', async (t) => {
  const directory = await place(t);
  const nasty = ['$(touch a)', '`touch b`', '; touch c', "it's", 'two\nlines', '', '*', '-n', '--'];
  const script = 'process.exit(JSON.stringify(process.argv.slice(1)) === process.env.WANTED ? 0 : 1)';
  process.env['WANTED'] = JSON.stringify(nasty);
  t.after(() => delete process.env['WANTED']);
  await start(directory, [process.execPath, '-e', script, '--', ...nasty]).ended;
  assert.equal(await readFile(join(directory, 'status'), 'utf8'), '0\n');
});

test('a command that stands back does so from its first moment, and is the same command', async (t) => {
  const directory = await place(t);
  const script = `require('node:fs').writeFileSync('nice', String(require('node:os').getPriority()))`;
  await start(directory, [process.execPath, '-e', script], true).ended;
  assert.equal(await readFile(join(directory, 'nice'), 'utf8'), String(Math.min(getPriority() + 10, 19)));
  const nowhere = await place(t);
  await start(nowhere, ['no-such-program'], true).ended;
  assert.equal(await readFile(join(nowhere, 'status'), 'utf8'), '127\n');
});

test('of many wrappers for one run only one runs the command', async (t) => {
  const directory = await place(t);
  const counting = ['/bin/sh', '-c', 'echo ran >> ran'];
  await Promise.all(Array.from({ length: 8 }, () => start(directory, counting).ended));
  assert.equal(await readFile(join(directory, 'ran'), 'utf8'), 'ran\n');
});

test('TERM to the whole group ends the command, and the wrapper still writes how', async (t) => {
  const directory = await place(t);
  const { child, ended } = start(directory, ['/bin/sh', '-c', 'kill -TERM 0; sleep 60']);
  await ended;
  assert.equal(await readFile(join(directory, 'status'), 'utf8'), '143\n');
  assert.equal(child.exitCode, 143);
});
