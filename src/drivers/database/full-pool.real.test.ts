import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ask } from '../../../testing/ask-database.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { treeHash } from '../../../testing/data-world.ts';
import { type DatabaseWorld, databaseWorld } from '../../../testing/database-world.ts';
import { fillWhole } from '../../../testing/fill-whole.ts';
import { noServer, userCount } from '../../../testing/golden-database.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import type { EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CloneMethod } from '../../kit/clone/clone-method.ts';
import { createPool } from '../../kit/pool/create-pool.ts';
import { removePool } from '../../kit/pool/remove-pool.ts';

const other = aClaim({ environment: 'shop-8' as EnvironmentId, role: 'db.3f9a2c1d' });
const megabyte = 1024 ** 2;
const signal = new AbortController().signal;

const freeIn = async (path: string): Promise<number> => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

/** Takes room until so much is free. */
async function fillTo(world: DatabaseWorld, free: number): Promise<void> {
  const file = join(world.dataDir, 'filler');
  const bytes = Math.floor(((await freeIn(world.dataDir)) - free) / megabyte);
  execFileSync('fallocate', ['-l', `${bytes}M`, file]);
  execFileSync('sync', ['-f', file]);
}

for (const [kind, method] of [
  ['xfs', undefined],
  ['xfs', 'copy'],
  ['btrfs', undefined],
  ['btrfs', 'copy'],
] as const) {
  const skip = noServer('mariadb') || noPool(kind);
  describe(`a full ${kind} with clones by ${method ?? 'the fastest way'}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 1200);
    const findMethod = method && { findMethod: async (): Promise<CloneMethod> => method };

    test('new clones are refused and say why; what runs goes on, and with room again they are made', async (context) => {
      const world = await databaseWorld({ engine: 'mariadb', disk, options: { ...findMethod } });
      context.after(() => world.close());
      const golden = await treeHash(world.goldenFolder);
      const facts = await world.made();
      assert.equal(facts['method'], method ?? (kind === 'xfs' ? 'reflink' : facts['method']));
      const rows = (sql: string): Promise<string[]> => ask(sql, { facts, password: world.passwordOf(world.claim) });
      const standing = await world.clones();
      // A copy needs all of its data beside the floor.
      await fillTo(world, method === 'copy' ? 150 * megabyte : 100 * megabyte);
      await world.driver.create(other, world.spec(other), aCall());
      const seen = await world.until('broken', other);
      assert.ok(seen.is === 'broken' && seen.code === 'database/pool-full' && seen.remedy === 'fix-setup');
      assert.match(seen.note ?? '', /only [0-9.]+ MB are free where clones lie, and [0-9.]+ MB are needed/);
      assert.deepEqual(await world.clones(), standing, 'nothing is left of it');

      await rows("UPDATE users SET mail = 'x'");
      await rows("INSERT INTO notes (text) VALUES ('still here')");
      assert.deepEqual(await rows('SELECT COUNT(*) FROM users'), [String(userCount)]);
      assert.equal(await treeHash(world.goldenFolder), golden);
      assert.equal((await world.until('ready')).is, 'ready');

      await rm(join(world.dataDir, 'filler'));
      execFileSync('sync', ['-f', world.dataDir]);
      await world.driver.destroy(other, aCall());
      await world.until('absent', other);
      await world.made(other);
      assert.deepEqual(await rows("SELECT COUNT(*) FROM users WHERE mail = 'x'"), [String(userCount)]);
    });
  });
}

describe('a pool whose own disk is full', { skip: noServer('mariadb') || noPool('xfs') }, () => {
  const disk = suiteDisk('xfs', 1500);

  /** What was made lies in a pool, which is taken away in the end. */
  async function inPool(sparse: boolean, work: (world: DatabaseWorld, facts: JsonObject) => Promise<void>) {
    const world = await databaseWorld({ engine: 'mariadb', disk });
    const { claim } = world;
    try {
      await createPool(world.dataDir, { bytes: 1000 * megabyte, sparse, say: () => undefined, signal });
      const facts = await world.made();
      assert.ok(String(facts['path']).startsWith(join(world.dataDir, 'pool/')));
      await fillTo(world, 100 * megabyte);
      await work(world, facts);
    } finally {
      for (const name of ['filler', 'whole-filler']) await rm(join(world.dataDir, name), { force: true });
      for (const one of [claim, other]) await world.driver.destroy(one, aCall());
      for (const one of [claim, other]) await world.until('absent', one);
      await world.driver.close();
      await removePool(world.dataDir, { say: () => undefined, signal });
      await world.close();
    }
  }

  test('takes no new clone either where its file is sparse, and what runs goes on', () =>
    inPool(true, async (world, facts) => {
      await world.driver.create(other, world.spec(other), aCall());
      const seen = await world.until('broken', other);
      assert.ok(seen.is === 'broken' && seen.code === 'database/pool-full');
      const password = world.passwordOf(world.claim);
      await ask("UPDATE users SET mail = 'x'", { facts, password });
      assert.deepEqual(await ask('SELECT DISTINCT mail FROM users', { facts, password }), ['x']);
    }));

  test('goes on taking clones where its file has all of its room; a server that ended waits for room for its record', () =>
    inPool(false, async (world, facts) => {
      await world.made(other);
      const password = world.passwordOf(world.claim);
      const filler = fillWhole(world.dataDir);
      const double =
        'INSERT INTO notes (text) SELECT REPEAT(HEX(id), 100 / LENGTH(HEX(id))) FROM users, (SELECT 1 FROM users) AS again';
      for (const _ of [1, 2, 3]) await ask(double, { facts, password });
      await ask("UPDATE users SET mail = 'y'", { facts, password });
      assert.deepEqual(await ask('SELECT DISTINCT mail FROM users', { facts, password }), ['y']);
      assert.equal((await world.until('ready')).is, 'ready');

      await world.killOnce();
      await world.settle(async () => {
        const seen = await world.driver.observe(world.claim, world.spec(world.claim), aCall());
        assert.notEqual(seen.is, 'broken');
        return seen.is === 'arriving' && seen.note.startsWith('no room is left');
      });
      filler.close();
      const seen = await world.until('ready');
      assert.ok(seen.is === 'ready' && seen.facts['path'] === facts['path']);
      assert.deepEqual(await ask('SELECT DISTINCT mail FROM users', { facts, password }), ['y']);
    }));
});

describe('a data directory that the user of the server may not enter', {
  skip: noServer('mariadb') || noPool('xfs'),
}, () => {
  const disk = suiteDisk('plain');

  test('is said, with what helps, and after that it works', async (context) => {
    const world = await databaseWorld({ engine: 'mariadb', disk });
    context.after(() => world.close());
    await chmod(world.dataDir, 0o700);
    const empty = { ...world.spec(other), source: undefined, version: '', database: 'fresh' };
    const { source: _, ...fresh } = empty;
    for (const [claim, spec] of [
      [world.claim, world.spec(world.claim)],
      [other, fresh],
    ] as const) {
      await world.driver.create(claim, spec, aCall());
      const seen = await world.until('broken', claim, spec);
      assert.ok(seen.is === 'broken' && seen.code === 'database/closed-folder' && seen.remedy === 'fix-setup');
      assert.equal(seen.hint, `Let it: chmod o+x ${world.dataDir}`);
      await world.driver.destroy(claim, aCall());
      await world.until('absent', claim, spec);
    }
    await chmod(world.dataDir, 0o711);
    await world.made();
  });
});
