import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { goldenCopies } from './golden-copies.ts';

test('whole golden copies are listed, the newest first, with the databases that were cloned from them', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'wizard-copies-'));
  context.after(() => rm(root, { recursive: true }));
  const told = { engine: 'mariadb', serverVersion: '10.11.19', madeAt: 5, bytes: 7, masked: true };
  for (const version of ['20260101T000000Z', '20260102T000000Z', '20260103T000000Z']) {
    await mkdir(join(root, 'staging', version), { recursive: true });
    const manifest = { ...told, source: 'staging', version, tookMs: 1, database: 'app', schemaHash: 'x', origin: 'y' };
    if (!version.startsWith('20260103'))
      await writeFile(join(root, 'staging', version, 'manifest.json'), JSON.stringify(manifest));
  }
  const used = (source: string, day: number) => ({ source, version: `2026010${day}T000000Z` });
  const uses = async () => [used('staging', 1), used('staging', 1), used('other', 1), used('staging', 9)];
  assert.deepEqual(await goldenCopies(root, 'staging', uses), [
    { version: '20260102T000000Z', ...told, clones: 0 },
    { version: '20260101T000000Z', ...told, clones: 2 },
  ]);
  assert.deepEqual(await goldenCopies(root, 'other', () => assert.fail('there is nothing to use')), []);
});
