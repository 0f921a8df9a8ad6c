import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { aCall } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { dataWorld } from '../../../testing/data-world.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import type { Claim } from '../../domain/claim.ts';
import { unmount } from '../../kit/clone/mounts.ts';
import { createPool } from '../../kit/pool/create-pool.ts';
import { poolInUse } from '../../kit/pool/pool-places.ts';
import { removePool } from '../../kit/pool/remove-pool.ts';
import { clonesIn } from '../../kit/pool/view-pool.ts';

const skip = noPool('xfs');
const megabyte = 1024 ** 2;
const about = { bytes: 600 * megabyte, signal: new AbortController().signal, say: () => undefined };

/** As the file system says: `shared` stands in the flags of each extent. */
const isShared = (path: string): boolean => {
  const extents = execFileSync('filefrag', ['-v', path], { encoding: 'utf8' }).match(/^ +\d+:.*$/gm) ?? [];
  return extents.length > 0 && extents.every((line) => line.includes('shared'));
};

describe('data-files on a disk that shares blocks', { skip }, () => {
  if (skip) return;
  const disk = suiteDisk('xfs', 1000);
  resourceLaws({
    name: 'data-files keeps the laws of resources on XFS',
    newWorld: () => dataWorld(undefined, disk.path),
  });

  test('a clone has the blocks of the golden copy, and writes to its own', async () => {
    await using world = await dataWorld(undefined, disk.path);
    await writeFile(world.dump, 'alice\n'.repeat(300_000));
    const spec = await world.present();
    const path = await world.made(spec);
    const seen = await world.driver.observe(world.claim, spec, aCall());
    assert.equal(seen.is === 'ready' && seen.facts['how'], 'reflink');
    assert.equal(isShared(join(path, 'tables/users')), true);
    assert.deepEqual(await world.driver.diskUse(world.claim), { own: 0, counted: 'extents' });
    await writeFile(join(path, 'tables/orders'), 'x'.repeat(megabyte));
    // What is not on the disk yet has no place there.
    execFileSync('sync', ['-f', path]);
    const { own = 0 } = (await world.driver.diskUse(world.claim)) ?? {};
    assert.ok(own >= megabyte && own < 2 * megabyte, `${own}`);
    assert.equal(await world.driver.diskUse(world.claimOf('data.00000009')), undefined);
    await writeFile(join(path, 'tables/users'), 'mallory\n');
    assert.match(await readFile(join(world.golden(spec), 'files/tables/users'), 'utf8'), /^alice\n/);
  });
});

describe('data-files on a disk that does not', { skip }, () => {
  const disk = suiteDisk('plain');
  const mounts: string[] = [];
  after(async () => {
    for (const mount of mounts) await unmount(mount);
  });

  test('a pool takes the golden copies over, new clones are in it, and those of before go on', async () => {
    await using world = await dataWorld(undefined, disk.path);
    await writeFile(world.dump, 'alice\n'.repeat(300_000));
    const spec = await world.present();
    const old = await world.made(spec);
    await (await world.reopen()).close();
    mounts.push(join(world.dataDir, 'pool'));
    assert.equal(await createPool(world.dataDir, about), 'made');
    const pool = await poolInUse(world.dataDir);
    assert.equal(pool, join(world.dataDir, 'pool'));
    assert.equal(existsSync(join(world.dataDir, 'golden')), false, 'its room is given back');

    const driver = await world.reopen(pool);
    const factsOf = async (claim: Claim) => {
      const seen = await world.until('ready', spec, claim);
      return seen.is === 'ready' ? seen.facts : {};
    };
    assert.equal((await factsOf(world.claim))['path'], old);
    const use = await driver.diskUse(world.claim);
    assert.ok(use && use.own > 6 * 300_000 && use.own < 2 * 6 * 300_000, `one by copy takes all of it: ${use?.own}`);
    const other = world.claimOf('data.00000002');
    await world.made(spec, other);
    const facts = await factsOf(other);
    const path = String(facts['path']);
    assert.ok(path.startsWith(`${pool}/data/`), path);
    assert.equal(facts['how'], 'reflink');
    assert.equal(isShared(join(path, 'tables/users')), true);
    assert.equal(await world.runs(), 1, 'nothing was loaded again');
    assert.equal(await clonesIn(String(pool)), 1);
    assert.deepEqual((await Array.fromAsync(driver.owned(aCall()))).length, 2);
    assert.deepEqual(
      await driver.goldenInUse(),
      [1, 2].map(() => ({ source: 'staging', version: spec['version'] })),
    );
    await writeFile(world.dump, 'x'.repeat(450 * megabyte));
    const [large, third] = [await world.present(), world.claimOf('data.00000004')];
    await driver.create(third, large, aCall());
    const full = await world.until('broken', large, third);
    assert.ok(full.is === 'broken' && full.code === 'database/pool-full', JSON.stringify(full));
    await driver.destroy(third, aCall());
    await world.until('absent', large, third);
    await assert.rejects(removePool(world.dataDir, about), { code: 'clone/pool-in-use' });

    for (const claim of [world.claim, other]) {
      await driver.destroy(claim, aCall());
      await world.until('absent', spec, claim);
    }
    await driver.close();
    assert.equal(await removePool(world.dataDir, about), true);
    await world.reopen();
    const last = await world.made(spec, world.claimOf('data.00000003'));
    assert.deepEqual((await readdir(last)).sort(), ['link', 'tables']);
    assert.equal(await world.runs(), 2, 'only what did not fit was loaded since');
  });
});
