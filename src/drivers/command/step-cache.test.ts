import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stepCache } from './step-cache.ts';

const signal = new AbortController().signal;

async function place(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'wizard-cache-'));
  t.after(() => rm(root, { recursive: true }));
  const checkout = join(root, 'checkout');
  await mkdir(join(checkout, 'made'), { recursive: true });
  await writeFile(join(checkout, 'made/file'), 'first');
  let time = 1_000_000;
  const open = () => stepCache({ root: join(root, 'cache'), maxEntries: 2, now: () => (time += 10_000) });
  return { checkout, cacheDir: join(root, 'cache'), open };
}

test('of too many entries the least recently used goes', async (t) => {
  const { checkout, cacheDir, open } = await place(t);
  const cache = open();
  await cache.save('one', checkout, ['made']);
  await cache.save('two', checkout, ['made']);
  assert.equal(await cache.restore('one', checkout, ['made'], signal), true);
  await cache.save('three', checkout, ['made']);
  assert.deepEqual((await readdir(cacheDir)).sort(), ['one', 'three']);
  assert.equal(await cache.restore('two', checkout, ['made'], signal), false);
});

test('what is brought back replaces what is there, and shares nothing with what is kept', async (t) => {
  const { checkout, open } = await place(t);
  const cache = open();
  await cache.save('one', checkout, ['made']);
  await writeFile(join(checkout, 'made/file'), 'changed');
  await writeFile(join(checkout, 'made/other'), 'new');
  await cache.restore('one', checkout, ['made'], signal);
  assert.deepEqual(await readdir(join(checkout, 'made')), ['file']);
  await writeFile(join(checkout, 'made/file'), 'changed again');
  await cache.restore('one', checkout, ['made'], signal);
  assert.equal(await readFile(join(checkout, 'made/file'), 'utf8'), 'first');
});

test('two that save the same at once, and remains of a save that was killed, leave one whole entry', async (t) => {
  const { checkout, cacheDir, open } = await place(t);
  await mkdir(join(cacheDir, '.saving-0000'), { recursive: true });
  const cache = open();
  await Promise.all([cache.save('one', checkout, ['made']), cache.save('one', checkout, ['made'])]);
  assert.deepEqual(await readdir(cacheDir), ['one']);
  assert.equal(await cache.save('two', checkout, ['made', 'missing']), 'missing');
  assert.deepEqual(await readdir(cacheDir), ['one']);
});
