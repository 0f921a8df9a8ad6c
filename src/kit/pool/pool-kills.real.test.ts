import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { treeHash } from '../../../testing/data-world.ts';
import { killRuns, killSeed } from '../../../testing/kill-runs.ts';
import { noPool, poolDisk } from '../../../testing/pool-disk.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { unmount } from '../clone/mounts.ts';
import { createPool } from './create-pool.ts';
import { mountPool } from './mount-pool.ts';
import { poolInUse, poolPlaces } from './pool-places.ts';
import { removePool } from './remove-pool.ts';

const runs = killRuns(6);
const firstSeed = killSeed;
const versions = ['1', '2', '3'];
const about = { bytes: 600 * 1024 ** 2, signal: new AbortController().signal, say: () => undefined };
/** Of a pool that is half made or half removed these may be there; the lock tidies up when it is taken again. */
const poolOnly = /^pool(\.xfs|\.lock|\.lock-journal)?$/;

/** Begins, and is killed if it is not done before. */
async function killed(what: 'create' | 'remove', dataDir: string, afterMs: number): Promise<void> {
  const script = fileURLToPath(new URL('../../../testing/pool-worker.ts', import.meta.url));
  const worker = spawn(process.execPath, [script, what, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(worker, 'exit');
  await once(worker.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  worker.kill('SIGKILL');
  await ended;
}

/** Of what new clones would be made from. */
async function hashes(dataDir: string): Promise<string[]> {
  const { golden } = poolPlaces(dataDir);
  return Promise.all(versions.map((version) => treeHash(join(golden, 'staging', version))));
}

test(`whenever the making or the removal of a pool is killed, no golden copy is lost or changed; ${runs} times from seed ${firstSeed} on`, {
  skip: noPool('xfs'),
  timeout: 60_000 + runs * 20_000,
}, async (context) => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const luck = seededRandom(seed);
    const disk = poolDisk('plain');
    const dataDir = disk.path;
    context.after(async () => {
      await unmount(join(dataDir, 'pool'));
      disk.close();
    });
    for (const version of versions) {
      const folder = join(dataDir, 'golden-databases/staging', version);
      await mkdir(join(folder, 'data'), { recursive: true });
      await writeFile(join(folder, 'data/table'), randomBytes(8 * 1024 ** 2));
      await writeFile(join(folder, 'manifest.json'), '{}');
    }
    const uploads = join(dataDir, 'golden/uploads/1');
    await mkdir(uploads, { recursive: true });
    await writeFile(join(uploads, 'logo'), 'a logo');
    await writeFile(join(uploads, 'complete.json'), '{}');
    const before = await hashes(dataDir);
    const check = async (what: string): Promise<void> => {
      // As a server does at its start.
      await mountPool(dataDir);
      assert.deepEqual(await hashes(dataDir), before, `seed ${seed}, ${what}`);
      const home = await poolInUse(dataDir);
      const logo = join(home ?? dataDir, 'golden/uploads/1/logo');
      assert.equal(await readFile(logo, 'utf8'), 'a logo', `seed ${seed}, ${what}`);
      const copies = (await readdir(dataDir)).filter((name) => !poolOnly.test(name)).sort();
      const wanted = home === undefined ? ['golden', 'golden-databases'] : ['golden-databases'];
      assert.deepEqual(copies, wanted, `nothing is here twice; seed ${seed}, ${what}`);
    };
    for (let turn = 0; turn < 2; turn += 1) {
      await killed('create', dataDir, luck.between(0, 350));
      await check('killed while it was made');
    }
    if (luck.chance(0.7)) await createPool(dataDir, about);
    for (let turn = 0; turn < 2; turn += 1) {
      await killed('remove', dataDir, luck.between(0, 250));
      await check('killed while it was removed');
    }
    await createPool(dataDir, about);
    await check('made at last');
    await removePool(dataDir, about);
    await check('removed at last');
    assert.deepEqual((await readdir(dataDir)).sort(), ['golden', 'golden-databases', 'pool.lock'], `seed ${seed}`);
  }
});
