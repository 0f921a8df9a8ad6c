import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const runWith = (path: string | undefined, ...args: string[]) =>
  spawnSync(process.execPath, [new URL('main.ts', import.meta.url).pathname, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...(path === undefined ? {} : { PATH: path }) },
  });
const run = (...args: string[]) => runWith(undefined, ...args);

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

test('a comparison without what it compares with is refused, and says what to install', () => {
  const { status, stderr } = runWith('/nowhere', 'gateway', '--rounds', '1');
  assert.equal(status, 1);
  assert.match(stderr, /wrk not found; on Debian: bash scripts\/install-bench-parts\.sh/);
});
