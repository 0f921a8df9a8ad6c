import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { findProcess, isAlive, parseStat, scanProcesses, signalProcess } from './process-table.ts';

test('a process whose name holds brackets and blanks is read right', () => {
  const line = `42 (a) b (c) R 1 40 39 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 2`;
  assert.deepEqual(parseStat(line), { pid: 42, state: 'R', group: 40, session: 39, startTicks: 98765 });
  assert.equal(parseStat('half a line'), undefined);
});

test('a process is alive until it ends, and another with its id is not it', async () => {
  const child = spawn('/bin/sleep', ['60'], { env: { WIZARD_CLAIM: 'x' } });
  const found = findProcess(child.pid ?? 0);
  assert.ok(found && isAlive(found));
  assert.ok(!isAlive({ ...found, startTicks: found.startTicks - 1 }));
  signalProcess({ ...found, startTicks: found.startTicks - 1 }, 'SIGKILL');
  assert.ok(isAlive(found), 'another process is never signalled');
  const marked = await scanProcesses((stat, environment) =>
    environment().includes('WIZARD_CLAIM=x') ? stat.pid : undefined,
  );
  assert.deepEqual(marked, [child.pid]);
  signalProcess(found, 'SIGKILL');
  await once(child, 'exit');
  assert.ok(!isAlive(found));
  signalProcess(found, 'SIGKILL');
});
