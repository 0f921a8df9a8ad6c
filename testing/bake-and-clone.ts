import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goldenDatabases } from '../src/drivers/golden-databases/golden-databases.ts';
import { allRules, dumpOf, type RealEngine } from '../src/drivers/golden-databases/golden-test-world.ts';
import { systemClock } from '../src/kit/clock.ts';
import { ask } from './ask-database.ts';
import { clonesAreLocked } from './clones-are-locked.ts';
import { treeHash } from './data-world.ts';
import { databaseWorld } from './database-world.ts';
import type { PoolDisk } from './pool-disk.ts';
import { silentLog } from './silent-log.ts';

/** What one room bakes, the other clones: with programs of this machine, or with those of an image. */
export async function bakeAndClone(engine: RealEngine, disk: PoolDisk, container?: string): Promise<void> {
  const world = await databaseWorld({ engine, disk, ...(container === undefined ? {} : { container }) });
  try {
    const dump = join(world.dataDir, 'dump.sql');
    await writeFile(dump, dumpOf(engine));
    const plain = { leaveOut: [], sample: {}, maskFiles: [], checks: [], masked: false, strict: true };
    const image = container === undefined ? {} : { container };
    const source = { ...plain, ...image, engine, mask: allRules, from: { by: 'file', path: dump } } as const;
    const sources = { staging: source };
    const baker = goldenDatabases({ root: world.golden, instance: world.instance, sources, clock: systemClock });
    const signal = AbortSignal.timeout(300_000);
    const call = { signal, log: silentLog(), doing: () => undefined, write: () => undefined };
    const { version } = await baker.bake({ source: 'staging', stamp: '20260303T000000Z' }, call);
    const folder = join(world.golden, 'staging', version);
    const before = await treeHash(folder);
    const facts = await world.made(world.claim, { ...world.spec(world.claim), version });
    const asked = (sql: string): Promise<string[]> => ask(sql, { facts, password: world.passwordOf(world.claim) });
    assert.equal(facts['method'], 'reflink');
    assert.deepEqual(await asked('SELECT n FROM user_count'), ['300']);
    assert.deepEqual(await asked('SELECT COUNT(*) FROM users JOIN logins ON who = email'), ['300']);
    await asked("UPDATE users SET state = 'z'");
    await asked('ALTER TABLE users ADD COLUMN age INT');
    assert.deepEqual(await asked('SELECT COUNT(*) FROM old_values'), ['300'], 'its triggers act');
    if (engine === 'postgres' && container === undefined) await clonesAreLocked(world, folder, facts);
    assert.equal(await treeHash(folder), before, 'the golden copy is never written');
    await baker.keepOnly('staging', new Set(), call);
    assert.deepEqual(await asked('SELECT COUNT(*) FROM users'), ['300'], 'a clone by reflink outlives its copy');
  } finally {
    await world.close();
  }
}
