import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from './secret.ts';
import { withServiceSecrets } from './service-secrets.ts';

test('every service has a password of its own, the same after a restart, and no other server knows it', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'service-secrets-'));
  const elsewhere = await mkdtemp(join(tmpdir(), 'service-secrets-'));
  context.after(() => Promise.all([folder, elsewhere].map((one) => rm(one, { recursive: true }))));
  const word = (secrets: Readonly<Record<string, Secret>>, name: string) => secrets[name]?.reveal();
  const first = await withServiceSecrets({ MAPS: new Secret('given') }, folder);
  const again = await withServiceSecrets({}, folder);
  const other = await withServiceSecrets({}, elsewhere);
  assert.equal(word(first, 'MAPS'), 'given');
  assert.equal(first['OTHER'], undefined);
  assert.match(word(first, 'service.shop-7.db') ?? '', /^[0-9a-f]{32}$/);
  assert.equal(word(first, 'service.shop-7.db'), word(again, 'service.shop-7.db'));
  assert.notEqual(word(first, 'service.shop-7.db'), word(first, 'service.shop-8.db'));
  assert.notEqual(word(first, 'service.shop-7.db'), word(other, 'service.shop-7.db'));
  assert.deepEqual(Object.keys(first), ['MAPS']);
  assert.equal((await stat(join(folder, 'service-key'))).mode & 0o777, 0o600);
});

test('a damaged key is told, and never used', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'service-secrets-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'service-key'), '');
  await assert.rejects(withServiceSecrets({}, folder), { code: 'files/damaged-key' });
});
