import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makeFolders } from './make-folders.ts';

const run = promisify(execFile);

test('all folders that are missing are made, and what is there stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-folders-'));
  t.after(() => rm(folder, { recursive: true }));
  makeFolders(join(folder, 'a', 'b', 'c'));
  await writeFile(join(folder, 'a', 'b', 'c', 'kept'), 'x');
  makeFolders(join(folder, 'a', 'b', 'c'));
  assert.ok((await stat(join(folder, 'a', 'b', 'c', 'kept'))).isFile());
});

test('a file in the way is named', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-folders-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), 'x');
  for (const path of [join(folder, 'file'), join(folder, 'file', 'below')])
    assert.throws(() => makeFolders(path), { code: 'files/no-folder', remedy: 'fix-setup' });
});

test('where nothing can be made it says so, and does not hang', { skip: !existsSync('/proc/self') }, async () => {
  // In a process of its own: making that never ends would keep the whole test run.
  const script = `import(${JSON.stringify(new URL('./make-folders.ts', import.meta.url).href)}).then(({ makeFolders }) => {
    try { makeFolders('/proc/nope/below'); } catch (error) { process.stdout.write(error.code + ' ' + error.message); }
  });`;
  const { stdout } = await run(process.execPath, ['-e', script], { timeout: 20_000 });
  assert.match(stdout, /^files\/no-folder making the folder \/proc\/nope: it cannot be made/);
});
