import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const script = `
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { openWorker } from ${JSON.stringify(new URL('open-worker.ts', import.meta.url).href)};
if (process.argv[1]) enableCompileCache(process.argv[1]);
const code = "import { getCompileCacheDir } from 'node:module'; import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage([workerData, getCompileCacheDir()]);";
const worker = openWorker(new URL('data:text/javascript,' + encodeURIComponent(code)), 'told');
worker.once('message', (said) => console.log(JSON.stringify([...said, getCompileCacheDir(), process.env.NODE_COMPILE_CACHE])));
`;

const answerOf = (...args: string[]): unknown[] => {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...args], {
    encoding: 'utf8',
    env,
  });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
};

test('a thread keeps its compiled code where its parent does, and tells no command of it', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'wizard-worker-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const [told, ofThread, ofParent, inherited] = answerOf(folder);
  assert.equal(told, 'told');
  assert.ok(String(ofParent).startsWith(folder));
  assert.equal(ofThread, ofParent);
  assert.equal(inherited, null);
});

test('a thread keeps none where its parent keeps none', () => {
  assert.deepEqual(answerOf(), ['told', null, null, null]);
});
