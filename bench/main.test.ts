import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const run = (...args: string[]) =>
  spawnSync(process.execPath, [new URL('main.ts', import.meta.url).pathname, ...args], { encoding: 'utf8' });

test('a benchmark that does not exist is answered with those that do', () => {
  const { status, stderr } = run('nonsense');
  assert.equal(status, 2);
  assert.match(stderr, /no benchmark called nonsense/);
  for (const name of ['overhead', 'intake', 'gateway', 'idle']) assert.match(stderr, new RegExp(`\\b${name}\\b`));
});

test('zero rounds measure nothing and are refused', () => {
  assert.equal(run('gateway', '--rounds', '0').status, 2);
});

test('a part of the data bench that does not exist is refused before anything is made', () => {
  const { status, stderr } = run('data', '--ways', 'clone,zfs');
  assert.equal(status, 2);
  assert.match(stderr, /no "zfs"/);
});
