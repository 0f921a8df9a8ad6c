import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask } from '../../../testing/ask-database.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { treeHash } from '../../../testing/data-world.ts';
import { type DatabaseWorld, databaseWorld, secretKey } from '../../../testing/database-world.ts';
import { noServer, userCount } from '../../../testing/golden-database.ts';
import { killRuns, killSeed } from '../../../testing/kill-runs.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';

const runs = killRuns(5);
const firstSeed = killSeed;
let savedStates = 0;
const claims = ['shop-1', 'shop-2', 'shop-3'].map(
  (environment): Claim => aClaim({ environment: environment as EnvironmentId, role: 'db.3f9a2c1d' }),
);

/** Works for a while and is then killed. Database servers are killed while it works, between two lives, or not at all. */
async function killedWorker(world: DatabaseWorld, seed: number): Promise<void> {
  const luck = seededRandom(seed);
  const script = fileURLToPath(new URL('../../../testing/database-worker.ts', import.meta.url));
  const spec = JSON.stringify(world.spec(world.claim));
  const argv = [script, world.dataDir, world.instance, String(seed), spec, secretKey];
  const worker = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(worker, 'exit');
  await once(worker.stdout, 'data');
  const workMs = luck.between(5, 1200);
  const amid = luck.chance(0.5) ? luck.between(0, workMs) : workMs;
  await new Promise((resolve) => setTimeout(resolve, amid));
  if (amid < workMs) await world.killOnce();
  await new Promise((resolve) => setTimeout(resolve, workMs - amid));
  assert.equal(worker.exitCode, null, 'it works until it is killed');
  worker.kill('SIGKILL');
  await ended;
  if (!luck.chance(0.3)) return;
  if (luck.chance(0.5)) await world.killOnce();
  else await world.killAll();
}

/** A server that was just killed may still count as one that serves; then it is started again. */
async function checkRows(world: DatabaseWorld, claim: Claim, facts: JsonObject): Promise<void> {
  const password = world.passwordOf(claim);
  let rows: string[] = [];
  await world.settle(async () => {
    rows = await ask('SELECT COUNT(*) FROM users', { facts, password }).catch(() => []);
    return rows.length > 0;
  });
  assert.deepEqual(rows, [String(userCount)]);
}

/** Whatever was being saved: a state that is there is whole, and there is nothing beside them. */
async function checkSaved(world: DatabaseWorld): Promise<void> {
  const { states, destroy } = world.current();
  const saved = await states.list();
  const folder = join(world.golden, '.saved');
  assert.deepEqual(existsSync(folder) ? readdirSync(folder).sort() : [], saved.map(({ name }) => name).sort());
  const claim = aClaim({ environment: 'shop-9' as EnvironmentId, role: 'db.0a1b2c3d' });
  for (const { name } of saved) {
    const facts = await world.made(claim, { ...world.spec(claim), checkpoint: name, load: 1 });
    await checkRows(world, claim, facts);
    await destroy(claim, aCall());
    await world.until('absent', claim);
    await states.remove(name);
  }
  savedStates += saved.length;
}

/** After each kill the next server finds everything whole or takes it away; then nothing is left. */
async function checkWhole(world: DatabaseWorld): Promise<void> {
  const driver = await world.reopen({ spares: 0 });
  const whole = await Array.fromAsync(driver.owned(aCall()));
  for (const claim of whole) {
    let seen = await driver.observe(claim, world.spec(claim), aCall());
    await world.settle(async () => {
      seen = await driver.observe(claim, world.spec(claim), aCall());
      return seen.is !== 'arriving' && seen.is !== 'leaving';
    });
    if (seen.is !== 'ready') assert.equal(seen.is, 'absent', 'note' in seen ? seen.note : '');
    if (seen.is !== 'ready') continue;
    await checkRows(world, claim, seen.facts);
  }
  // Spares, and what was half made, belong to nobody now.
  await world.settle(async () => (await world.clones()).length <= whole.length);
  for (const claim of claims) await driver.destroy(claim, aCall());
  await checkSaved(world);
  await world.settle(async () => (await world.clones()).length === 0 && (await world.processes()).length === 0);
  await world.settle(async () => (await Array.fromAsync(driver.owned(aCall()))).length === 0);
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(`${world.instance}/database-clones`));
  await driver.close();
}

for (const [engine, kind, memory] of [
  ['mariadb', 'xfs', {}],
  ['mariadb', 'plain', {}],
  ['postgres', 'btrfs', {}],
  ['postgres', 'xfs', {}],
  ['mariadb', 'xfs', { memoryDiskMb: 192 }],
] as const) {
  const skip = noServer(engine) || noPool(kind);
  describe(`a server that is killed amid its work with ${engine} on ${kind}${'memoryDiskMb' in memory ? ', data in memory' : ''}`, {
    skip,
  }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 4000);
    test(`${runs} times from seed ${firstSeed} on: no clone is half, the golden copy is as it was, nothing is left`, {
      timeout: runs * 20_000,
    }, async () => {
      const world = await databaseWorld({ engine, disk, ...memory });
      try {
        await world.driver.close();
        const before = await treeHash(world.goldenFolder);
        for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
          await killedWorker(world, seed).catch((error: unknown) => assert.fail(`seed ${seed}: ${String(error)}`));
          await checkWhole(world).catch((error: unknown) => assert.fail(`seed ${seed}: ${String(error)}`));
          assert.equal(await treeHash(world.goldenFolder), before, `seed ${seed}`);
        }
        // Seldom in a few runs, and where each is copied; of many, some must have been saved.
        if (runs >= 20 && !('memoryDiskMb' in memory)) assert.ok(savedStates > 0);
      } finally {
        await world.close();
      }
    });
  });
}
