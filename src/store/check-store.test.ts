import assert from 'node:assert/strict';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { promptly } from '../../testing/conformance/settle.ts';
import { aDelivery } from '../../testing/conformance/store-laws.ts';
import { checkEmbeddedStore } from './check-store.ts';
import { openEmbeddedStore } from './open-store.ts';

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-check-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'wizard.sqlite');
}

async function filled(path: string): Promise<void> {
  const store = await openEmbeddedStore(path);
  for (let index = 0; index < 20; index += 1)
    await store.deliveries.record([aDelivery({ guid: `g${index}`, body: Buffer.alloc(10_000) })]);
  await store.close();
}

test('a store that is whole is fine, before, while and after a server lives on it', async (t) => {
  const path = await place(t);
  assert.match(checkEmbeddedStore(path), /not there yet/);
  const store = await openEmbeddedStore(path);
  assert.match(checkEmbeddedStore(path), /^whole, of version \d+$/);
  await store.close();
  assert.match(checkEmbeddedStore(path), /^whole, of version \d+$/);
});

test('a damaged store is told, with what to do', async (t) => {
  const path = await place(t);
  await filled(path);
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(60_000, 0xab), 0, 60_000, 8192);
  await file.close();
  const damaged = { code: 'store/damaged', remedy: 'fix-setup', message: /it is damaged/, hint: /backup/ };
  assert.throws(() => checkEmbeddedStore(path), damaged);
  await writeFile(path, 'not a database '.repeat(500));
  assert.throws(() => checkEmbeddedStore(path), damaged);
});

test('a store of a newer version is neither fine nor opened', async (t) => {
  const path = await place(t);
  await filled(path);
  const database = new DatabaseSync(path);
  database.exec('insert into migrations values (4711, 0)');
  database.close();
  const newer = { code: 'store/newer', remedy: 'fix-setup', message: /version 4711/ };
  assert.throws(() => checkEmbeddedStore(path), newer);
  await assert.rejects(openEmbeddedStore(path), newer);
});

test('a store whose file is deleted or replaced behind a living server is lost, and the check sees it', async (t) => {
  for (const how of ['deleted', 'replaced'] as const) {
    const path = await place(t);
    const store = await openEmbeddedStore(path);
    try {
      await rename(path, `${path}.away`);
      if (how === 'replaced') await writeFile(path, '');
      else assert.throws(() => checkEmbeddedStore(path), { code: 'store/damaged', message: /a server lives on it/ });
      await assert.rejects(promptly('losing it', store.lost, 10_000), { code: 'store/lost', message: new RegExp(how) });
    } finally {
      await store.close();
    }
  }
});
