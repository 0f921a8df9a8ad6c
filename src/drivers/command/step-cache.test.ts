import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
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
  const open = (maxBytes = 2 ** 30) => stepCache({ root: join(root, 'cache'), maxBytes, now: () => (time += 10_000) });
  return { checkout, cacheDir: join(root, 'cache'), open };
}

test('what is kept stays below its bound, and the least recently used goes first', async (t) => {
  const { checkout, cacheDir, open } = await place(t);
  await writeFile(join(checkout, 'made/large'), randomBytes(300_000));
  const cache = open(800_000);
  await cache.save('one', checkout, ['made']);
  await cache.save('two', checkout, ['made']);
  assert.equal(await cache.restore('one', checkout, ['made'], signal), true);
  await cache.save('three', checkout, ['made']);
  assert.deepEqual((await readdir(cacheDir)).sort(), ['one', 'three']);
  assert.equal(await cache.restore('two', checkout, ['made'], signal), false);
});

test('what is larger than the bound is not kept, and pushes nothing out', async (t) => {
  const { checkout, cacheDir, open } = await place(t);
  const cache = open(2 * 2 ** 20);
  assert.equal(await cache.save('small', checkout, ['made']), undefined);
  await writeFile(join(checkout, 'made/huge'), randomBytes(2.5 * 2 ** 20));
  assert.match(
    (await cache.save('huge', checkout, ['made'])) ?? '',
    /^it takes 3 MB, and all that is kept may take 2 MB$/,
  );
  assert.deepEqual(await readdir(cacheDir), ['small']);
});

test('an entry of before we noted sizes is measured', async (t) => {
  const { checkout, cacheDir, open } = await place(t);
  await writeFile(join(checkout, 'made/large'), randomBytes(300_000));
  await open().save('old', checkout, ['made']);
  await rm(join(cacheDir, 'old', 'bytes'));
  await utimes(join(cacheDir, 'old'), 1, 1);
  await open(500_000).save('new', checkout, ['made']);
  assert.deepEqual(await readdir(cacheDir), ['new']);
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
  assert.equal(await cache.save('two', checkout, ['made', 'missing']), 'there is no missing');
  assert.deepEqual(await readdir(cacheDir), ['one']);
});
