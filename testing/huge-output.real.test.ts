import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../demo/browse.ts';
import { openPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { appFiles, realServer } from './real-server.ts';

const gigabyte = 2 ** 30;
const build = `yes 'a line that is printed without end' | head -c ${gigabyte}; echo; echo 'this is why it failed'; exit 3`;
const recipe = `build: [{ name: loud, run: ${JSON.stringify(build)} }]\nprocesses: { web: exec node web.mjs }\n`;

/** Bytes on the disk, holes not counted. */
async function takenBy(folder: string): Promise<number> {
  let taken = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => []))
    taken += ((await stat(join(folder, name)).catch(() => undefined))?.blocks ?? 0) * 512;
  return taken;
}

test('a build that prints 1 GB as fast as it can leaves a small log with its last lines, and a server that answers', {
  timeout: 300_000,
}, async (context) => {
  const server = await realServer();
  context.after(() => server.close());
  await server.start();
  const sha = await server.commit(appFiles(recipe));
  await openPull({ gitDir: server.gitDir(), number: 1 }, sha, { title: 'Loud', author: 'mira', headRef: 'loud' });
  await server.post(await server.webhook(1, 'opened'));
  const page = () => server.page('app-shop-1.localhost', { accept: 'text/html' });
  await until('the live page', 10_000, async () => ((await page()).status === 503 ? true : undefined));
  const runs = join(server.dataDir, 'runs');
  let largest = 0;
  let answered = 0;
  for (;;) {
    const seen = await server.find('shop-1');
    assert.equal((await page()).status, 503);
    answered += 1;
    largest = Math.max(largest, await takenBy(runs));
    if (seen?.phase === 'failed') break;
  }
  const { failure } = await server.reach('shop-1', 'failed');
  assert.equal(failure?.step, 'build-loud');
  assert.match(failure?.message ?? '', /exited with status 3/);
  assert.equal(failure?.lastLines.at(-1), 'this is why it failed');
  assert.match(failure?.lastLines[0] ?? '', /^a line that is printed without end$/);
  const kept = await takenBy(runs);
  assert.ok(kept <= 5 * 2 ** 20, `${kept} bytes are kept`);
  assert.ok(largest < gigabyte / 2, `at most ${largest} bytes were taken`);
  context.diagnostic(`${answered} answers meanwhile; at most ${(largest / 2 ** 20).toFixed(0)} MB were taken`);
});
