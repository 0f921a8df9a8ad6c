import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Durability, openSqliteEngine } from './sqlite-engine.ts';

test('what has to survive a power cut waits for the disk, and what was only noted does not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-engine-'));
  const engine = openSqliteEngine(join(folder, 'wizard.db'));
  const synchronous = (durability: Durability): unknown =>
    engine.run('pragma synchronous', [], durability).rows[0]?.['synchronous'];
  const [full, normal] = [2, 1];
  try {
    assert.equal(synchronous('full'), full);
    assert.equal(synchronous('normal'), normal);
    assert.equal(synchronous('full'), full);
    engine.run('begin', [], 'full');
    assert.equal(synchronous('normal'), full, 'a transaction goes on as it began');
    engine.run('rollback', [], 'full');
  } finally {
    engine.close();
    await rm(folder, { recursive: true });
  }
});
