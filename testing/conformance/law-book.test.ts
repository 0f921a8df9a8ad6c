import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Runs a court in a process of its own, since what is asked is whether it fails. */
async function verdict(laws: string, notYet: string, cannot = '{}'): Promise<{ code: number; text: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'law-book-'));
  const book = fileURLToPath(new URL('./law-book.ts', import.meta.url));
  const file = join(folder, 'court.test.mjs');
  await writeFile(
    file,
    `import { registerLaws } from ${JSON.stringify(book)};
     registerLaws({ name: 'court', laws: ${laws}, notYet: ${notYet}, cannot: ${cannot}, newWorld: () => ({ close() {} }) });`,
  );
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  try {
    return await new Promise((resolve) => {
      execFile(process.execPath, ['--test', file], { env }, (error, stdout) =>
        resolve({ code: error ? 1 : 0, text: stdout }),
      );
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const kept = '{ "water is wet": async () => undefined }';
const broken = '{ "water is wet": async () => { throw new Error("dry") } }';

test('a law that is kept passes and a broken one fails', async () => {
  assert.equal((await verdict(kept, '[]')).code, 0);
  assert.equal((await verdict(broken, '[]')).code, 1);
});

test('a broken law with a reason passes', async () => {
  assert.equal((await verdict(broken, '[{ law: "water is wet", because: "it is not built" }]')).code, 0);
});

test('a reason for a law that holds fails', async () => {
  const { code, text } = await verdict(kept, '[{ law: "water is wet", because: "it is not built" }]');
  assert.equal(code, 1);
  assert.match(text, /remove its notYet entry/);
});

test('a reason for a law that is none fails', async () => {
  const { code, text } = await verdict(kept, '[{ law: "water is dry", because: "a slip" }]');
  assert.equal(code, 1);
  assert.match(text, /there is no such law/);
});

const skipped = '{ "water is wet": async () => "this world has no water" }';

test('a law that cannot be tried fails without a reason and is skipped with one', async () => {
  const { code, text } = await verdict(skipped, '[]');
  assert.equal(code, 1);
  assert.match(text, /this world has no water/);
  const told = await verdict(skipped, '[]', '{ "water is wet": "it never rains" }');
  assert.equal(told.code, 0);
  assert.match(told.text, /SKIP it never rains|# it never rains/);
});

test('a reason why a law cannot be tried fails when it can, and when there is no such law', async () => {
  const { code, text } = await verdict(kept, '[]', '{ "water is wet": "it never rains" }');
  assert.equal(code, 1);
  assert.match(text, /remove it from cannot/);
  assert.equal((await verdict(kept, '[]', '{ "water is dry": "a slip" }')).code, 1);
});
