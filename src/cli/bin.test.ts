import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realPart } from '../../testing/real-part.ts';

const bin = fileURLToPath(new URL('../../bin/wizard.js', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Each Node.js on the PATH, with its version; empty where it does not say one. */
const nodes = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .filter((path) => existsSync(path))
  .map((path) => ({
    path,
    version: spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.trim() ?? '',
  }));

/** One older than ours, if there is one. */
const oldNode = nodes.find(({ version: its }) => its !== '' && Number(its.split('.')[0]) < 24)?.path;

const noOldNode = realPart(
  `a Node.js older than 24 is wanted on the PATH beside ours, where there is only ${nodes.map(({ path, version: its }) => `${path} (${its})`).join(', ')}`,
  oldNode !== undefined,
);

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

/** An installation of its own that shares the code with this one, but keeps its own compiled code. */
const installation = (context: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'wizard-bin-'));
  context.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'node_modules'));
  const copy = join(folder, 'bin', 'wizard.js');
  cpSync(bin, copy);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(fileURLToPath(new URL('../../src', import.meta.url)), join(folder, 'src'));
  return {
    cache: join(folder, 'node_modules', '.cache'),
    run: () => {
      const { NODE_DISABLE_COMPILE_CACHE: _, NODE_COMPILE_CACHE: __, ...env } = process.env;
      const { status, stdout, stderr } = spawnSync(process.execPath, [copy, '--version'], { encoding: 'utf8', env });
      return { status, stdout, stderr };
    },
  };
};

test('compiled code is kept within the installation and used again', (context) => {
  const { cache, run: start } = installation(context);
  const kept = (): string[] => readdirSync(join(cache, 'wizard'), { recursive: true, encoding: 'utf8' }).sort();
  assert.deepEqual(start(), { status: 0, stdout: `${version}\n`, stderr: '' });
  const first = kept();
  assert.ok(first.length > 20, `only ${first.length} files are kept`);
  assert.deepEqual(start(), { status: 0, stdout: `${version}\n`, stderr: '' });
  assert.deepEqual(kept(), first);
});

test('where compiled code cannot be kept, the command works all the same and says nothing', (context) => {
  const { cache, run: start } = installation(context);
  writeFileSync(cache, 'no folder can be made below this');
  assert.deepEqual(start(), { status: 0, stdout: `${version}\n`, stderr: '' });
});
