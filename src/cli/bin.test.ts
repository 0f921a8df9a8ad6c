import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realPart } from '../../testing/real-part.ts';

const bin = fileURLToPath(new URL('../../bin/wizard.js', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** A Node.js older than ours on this machine, if there is one. */
const oldNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .filter((path) => existsSync(path))
  .find((path) => Number(spawnSync(path, ['-p', 'process.versions.node']).stdout.toString().split('.')[0]) < 24);

const noOldNode = realPart('no Node.js older than 24 is on the PATH', oldNode !== undefined);

const run = (node: string, words: string[], env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(node, [bin, ...words], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
};

test('bin/wizard.js runs the command line and passes its exit code on', () => {
  assert.deepEqual(run(process.execPath, ['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
  assert.equal(run(process.execPath, ['lisst']).status, 2);
});

test('an old Node.js starts the one of this folder instead', { skip: noOldNode }, () => {
  assert.deepEqual(run(oldNode ?? '', ['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
  assert.equal(run(oldNode ?? '', ['lisst']).status, 2);
});

test('an old Node.js without another to start says what to do', { skip: noOldNode }, () => {
  const { status, stderr } = run(oldNode ?? '', ['--version'], { WIZARD_STARTED_AGAIN: '1' });
  assert.equal(status, 1);
  assert.match(stderr, /is too old, version 24 or newer is needed/);
});
