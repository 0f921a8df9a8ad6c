import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { manualClock } from '../../testing/manual-clock.ts';
import { codeOf, describeError, remedyOf } from '../domain/wizard-error.ts';
import { lastLinesOf } from './command-output.ts';
import { runCommand } from './run-command.ts';
import { findProcess } from './supervised-run/process-table.ts';

const timeLimitMs = 20_000;
let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'run-command-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const node = (script: string): string[] => [process.execPath, '-e', script];
const hasCode = (code: string) => (error: unknown) => {
  assert.equal(codeOf(error), code, String(error));
  return true;
};

async function soon(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (what()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('it did not happen within five seconds');
}

/** A dead process that nobody has reaped yet is not alive. */
const isAlive = (pid: number): boolean => findProcess(pid) !== undefined;

test('a command gets its input and answers status, output and errors', async () => {
  const script = 'process.stdin.on("data", (d) => { process.stdout.write(d); process.stderr.write("seen") })';
  assert.deepEqual(await runCommand(node(script), { timeLimitMs, input: 'hello' }), {
    status: 0,
    stdout: 'hello',
    stderr: 'seen',
  });
});

test('arguments are no shell text', async () => {
  const { stdout } = await runCommand(['echo', '$(id)', '`id`', '; id'], { timeLimitMs });
  assert.equal(stdout, '$(id) `id` ; id\n');
});

test('a command sees of our environment no more than PATH, HOME and LANG', async () => {
  process.env['RUN_COMMAND_SECRET'] = 'hidden';
  const { stdout } = await runCommand(['env'], { timeLimitMs, env: { OURS: 'given' } });
  const names = stdout.split('\n').flatMap((line) => line.split('=')[0] || []);
  assert.deepEqual(names.sort(), ['HOME', 'LANG', 'OURS', 'PATH']);
});

test('a failed command throws with the last lines it said', async () => {
  const script = 'for (let i = 0; i < 50; i++) console.error("line " + i); process.exit(3)';
  await assert.rejects(runCommand(node(script), { timeLimitMs, doing: 'testing' }), (error) => {
    assert.equal(codeOf(error), 'command/failed');
    assert.equal(describeError(error), 'testing: it ended with status 3: line 49');
    assert.equal(lastLinesOf(error).length, 20);
    return true;
  });
});

test('a status that is allowed is an answer', async () => {
  const { status } = await runCommand(node('process.exit(3)'), { timeLimitMs, allow: (status) => status === 3 });
  assert.equal(status, 3);
});

test('a program that is not there is for the operator to install', async () => {
  await assert.rejects(runCommand(['no-such-program-here'], { timeLimitMs }), (error) => {
    assert.equal(codeOf(error), 'command/not-found');
    assert.equal(remedyOf(error), 'fix-setup');
    return true;
  });
});

test('a directory that is not there is not taken for a missing program', async () => {
  const cwd = join(directory, 'nowhere');
  await assert.rejects(runCommand(['true'], { timeLimitMs, cwd }), hasCode('command/not-started'));
});

test('a time limit ends the command and its children, also those that ignore the polite signal', async () => {
  const child = `process.on("SIGTERM", () => {}); require("fs").writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000)`;
  const script = `process.on("SIGTERM", () => {}); require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" })`;
  const clock = manualClock();
  const running = runCommand(node(script), { timeLimitMs: 1500, cwd: directory, clock });
  const rejected = assert.rejects(running, hasCode('command/timed-out'));
  const file = join(directory, 'pid');
  await soon(() => existsSync(file) && readFileSync(file, 'utf8') !== '');
  const pid = Number(readFileSync(file, 'utf8'));
  assert.ok(isAlive(pid));
  await clock.advance(1500);
  await clock.advance(2000);
  await rejected;
  await soon(() => !isAlive(pid));
});

test('an abort ends the command at once', async () => {
  const stop = new AbortController();
  const script = 'require("fs").writeFileSync("started", ""); setInterval(() => {}, 1000)';
  const running = runCommand(node(script), { timeLimitMs, cwd: directory, signal: stop.signal });
  const rejected = assert.rejects(running, hasCode('command/aborted'));
  await soon(() => existsSync(join(directory, 'started')));
  stop.abort();
  await rejected;
});

test('a child that is left behind is ended with the command', async () => {
  const child = 'require("fs").writeFileSync("left", String(process.pid)); setInterval(() => {}, 1000)';
  const script = `const fs = require("fs"); require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }).unref();
    const look = setInterval(() => { if (fs.existsSync("left") && fs.readFileSync("left", "utf8")) { clearInterval(look); process.exit(0) } }, 5)`;
  await runCommand(node(script), { timeLimitMs, cwd: directory });
  const pid = Number(await readFile(join(directory, 'left'), 'utf8'));
  await soon(() => !isAlive(pid));
});

test('more output than expected is an error, never a short answer', async () => {
  const script = 'setInterval(() => process.stdout.write("x".repeat(10000)), 1)';
  await assert.rejects(
    runCommand(node(script), { timeLimitMs, maxOutputBytes: 50_000 }),
    hasCode('command/too-much-output'),
  );
  const tail = await runCommand(node('process.stdout.write("x".repeat(99999) + "end")'), {
    timeLimitMs,
    maxOutputBytes: 10,
    overflow: 'keep-tail',
  });
  assert.equal(tail.stdout, 'xxxxxxxend');
});

test('a command that does not read its input is no error', async () => {
  await runCommand(['true'], { timeLimitMs, input: 'x'.repeat(1_000_000) });
});
