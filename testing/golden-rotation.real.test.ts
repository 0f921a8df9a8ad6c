import assert from 'node:assert/strict';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Claim, EnvironmentId } from '../src/domain/claim.ts';
import { goldenDatabases } from '../src/drivers/golden-databases/golden-databases.ts';
import { systemClock } from '../src/kit/clock.ts';
import { findCloneMethod } from '../src/kit/clone/clone-method.ts';
import { makeClone } from '../src/kit/clone/make-clone.ts';
import { goldenManifestOf, goldenVersions } from '../src/kit/golden/golden-manifest.ts';
import type { Observation } from '../src/ports/resource-driver.ts';
import { ask } from './ask-database.ts';
import { aCall, aClaim } from './builders.ts';
import { type DatabaseWorld, databaseWorld } from './database-world.ts';
import { noServer } from './golden-database.ts';
import { killRuns, killSeed } from './kill-runs.ts';
import { noPool, suiteDisk } from './pool-disk.ts';
import { seededRandom } from './seeded-random.ts';
import { silentLog } from './silent-log.ts';

const rotations = killRuns(8);
const seed = killSeed;
const never = new AbortController().signal;
const marks = ['first', 'second'] as const;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Every row of every table says which of the two it is of. */
function dumpOf(mark: string): string {
  const rows = Array.from({ length: 3000 }, (_, id) => `(${id},'${mark}')`).join(',');
  return ['one', 'two', 'three']
    .map(
      (table) =>
        `CREATE TABLE ${table} (id INT PRIMARY KEY, mark VARCHAR(20));\nINSERT INTO ${table} VALUES ${rows};\n`,
    )
    .join('');
}
const marksOf = 'SELECT mark FROM one UNION SELECT mark FROM two UNION SELECT mark FROM three';

/** A baker over the world's golden copies, and a copy of each mark that was really baked. */
async function withBaked(world: DatabaseWorld) {
  const { engine, golden, instance } = world;
  const plain = { leaveOut: [], sample: {}, mask: {}, maskFiles: [], checks: [], masked: true, strict: false };
  const call = { signal: never, log: silentLog(), doing: () => undefined, write: () => undefined };
  const sourceOf = (path: string) => ({ ...plain, engine, from: { by: 'file', path } }) as const;
  const paths = marks.map((mark) => join(world.dataDir, `${mark}.sql`));
  const sources = Object.fromEntries(marks.map((mark, index) => [mark, sourceOf(paths[index] ?? '')]));
  const isUsed = async (source: string, version: string): Promise<boolean> =>
    (await world.current().goldenInUse()).some(
      (one) => one.needsFiles && one.source === source && one.version === version,
    );
  const baker = goldenDatabases({ root: golden, instance, sources, clock: systemClock, isUsed });
  const baked: Record<string, string> = {};
  for (const [index, mark] of marks.entries()) {
    await writeFile(paths[index] ?? '', dumpOf(mark));
    const { version } = await baker.bake({ source: mark, stamp: '20260101T000000Z' }, call);
    baked[mark] = join(golden, mark, version);
  }
  return { baked, keepOnly: (versions: readonly string[]) => baker.keepOnly('staging', new Set(versions), call) };
}

/** As a bake ends: the whole copy appears in one step. */
async function publish(world: DatabaseWorld, from: string, version: string): Promise<void> {
  const ready = join(world.golden, `.ready-${version}`);
  await mkdir(ready, { mode: 0o711 });
  const found = await findCloneMethod(join(from, 'data'), ready);
  await makeClone({
    from: join(from, 'data'),
    folder: ready,
    method: found === 'overlay' ? 'copy' : found,
    signal: never,
  });
  const manifest = JSON.parse(await readFile(join(from, 'manifest.json'), 'utf8'));
  await writeFile(join(ready, 'manifest.json'), JSON.stringify({ ...manifest, source: 'staging', version }));
  await rename(ready, join(world.golden, 'staging', version));
}

/** What environments get, as the plan finds it out. */
async function currentOf({ golden }: DatabaseWorld): Promise<string> {
  for (const version of await goldenVersions(golden, 'staging'))
    if (await goldenManifestOf(golden, 'staging', version)) return version;
  return '';
}

async function madeOrNot(world: DatabaseWorld, claim: Claim, version: string): Promise<Observation> {
  const spec = { ...world.spec(claim), version };
  await world.driver.create(claim, spec, aCall());
  let seen: Observation = { is: 'absent' };
  await world.settle(async () => {
    seen = await world.driver.observe(claim, spec, aCall());
    return seen.is !== 'arriving';
  });
  return seen;
}

for (const [engine, kind, method] of [
  ['mariadb', 'xfs', 'reflink'],
  ['mariadb', 'plain', 'copy'],
  ['mariadb', 'plain', 'overlay'],
  ['postgres', 'btrfs', 'snapshot'],
  ['postgres', 'plain', 'copy'],
] as const) {
  const skip = noServer(engine) || noPool(kind);
  describe(`clones of ${engine} by ${method} while golden copies come and go`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 4000);
    test(`each is of one copy or the other, never of both; ${rotations} times with seed ${seed}`, {
      timeout: 120_000 + rotations * 20_000,
    }, async (context) => {
      const world = await databaseWorld({ engine, disk, options: { findMethod: async () => method } });
      const luck = seededRandom(seed).fork(`${engine} ${method}`);
      const markOf = new Map<string, string>();
      const seen: string[] = [];
      let going = true;
      const clone = async (environment: EnvironmentId): Promise<void> => {
        for (let generation = 1; going; generation += 1) {
          const claim = aClaim({ environment, role: 'db.3f9a2c1d', generation });
          const version = await currentOf(world);
          const made = await madeOrNot(world, claim, version);
          if (made.is === 'ready') {
            const found = await ask(marksOf, { facts: made.facts, password: world.passwordOf(claim) });
            assert.deepEqual(found, [markOf.get(version)], `seed ${seed}, version ${version}`);
            seen.push(found[0] ?? '');
          } else {
            const code = made.is === 'broken' ? made.code : made.is;
            assert.ok(code === 'database/golden-gone' || code === 'database/no-golden', JSON.stringify(made));
            seen.push('gone');
          }
          await world.driver.destroy(claim, aCall());
          await world.until('absent', claim);
        }
      };
      try {
        const { baked, keepOnly } = await withBaked(world);
        const rotate = async (turn: number): Promise<void> => {
          const version = `20270101T${String(turn).padStart(6, '0')}Z`;
          const mark = marks[turn % 2] ?? '';
          markOf.set(version, mark);
          await publish(world, baked[mark] ?? '', version);
          await pause(luck.between(0, 60));
          await keepOnly([version]);
        };
        const rotateOften = async (): Promise<void> => {
          try {
            // On a busy machine a clone may take longer than many turns.
            const enough = (turn: number): boolean =>
              turn > rotations && (turn > rotations * 10 || marks.every((mark) => seen.includes(mark)));
            for (let turn = 1; !enough(turn); turn += 1) {
              await pause(luck.between(0, 250));
              await rotate(turn);
            }
          } finally {
            going = false;
          }
        };
        await rotate(0);
        await Promise.all([rotateOften(), clone('shop-1' as EnvironmentId), clone('shop-2' as EnvironmentId)]);
        const count = (what: string): number => seen.filter((one) => one === what).length;
        context.diagnostic(
          `${count('first')} of the first, ${count('second')} of the second, ${count('gone')} of neither`,
        );
        for (const mark of marks) assert.ok(seen.includes(mark), `${mark}: ${seen.join(' ')}`);
        await world.settle(async () => (await world.clones()).length === 0 && (await world.processes()).length === 0);
      } finally {
        going = false;
        await world.close();
      }
    });
  });
}
