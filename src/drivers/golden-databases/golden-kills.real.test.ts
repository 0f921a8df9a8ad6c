import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { killRuns, killSeed } from '../../../testing/kill-runs.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { goldenManifestOf } from '../../kit/golden/golden-manifest.ts';
import { type GoldenWorld, goldenWorld, noServer, type RealEngine } from './golden-test-world.ts';

const runs = killRuns(4);
const program = join(import.meta.dirname, '../../../testing/golden-bake-process.ts');

for (const [engine, kind] of [
  ['mariadb', 'plain'],
  ['mariadb', 'xfs'],
  ['postgres', 'xfs'],
] as const) {
  const skip = noServer(engine) || noPool(kind);
  describe(`a bake of ${engine} on ${kind} that is killed`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 4000);
    test(`leaves the copy before as it was, and a sweep takes the rest away; ${runs} times from seed ${killSeed} on`, {
      timeout: 60_000 + runs * 30_000,
    }, async () => {
      const world = await goldenWorld(engine, disk.path);
      try {
        const began = performance.now();
        const first = await world.bake({}, { stamp: '20260101T000000Z' });
        const sums = sumsOf(world, first.version);
        let longestMs = Math.round((performance.now() - began) * 1.3);
        let complete = 0;
        for (let run = 0; run < runs; run += 1) {
          const seed = killSeed + run;
          const random = seededRandom(seed).fork(engine);
          const stamp = `202602${String(1 + (run % 28)).padStart(2, '0')}T${String(run).padStart(6, '0')}Z`;
          const afterMs = random.between(0, Math.round(longestMs * 1.15));
          const bakingSince = performance.now();
          const done = await bakeAndKill(world, engine, stamp, afterMs, random.chance(0.3));
          if (done !== undefined) {
            complete += 1;
            longestMs = Math.max(longestMs, Math.round(performance.now() - bakingSince));
          }
          await world.baker().sweep('staging', { signal: AbortSignal.timeout(60_000), log: silentLog() });
          const about = `seed ${seed}, killed after ${afterMs} ms`;
          assert.deepEqual(world.left(), [], about);
          assert.equal(sumsOf(world, first.version), sums, `${about}: the first copy is untouched`);
          for (const version of readdirSync(join(world.root, 'staging')))
            assert.ok(await goldenManifestOf(world.root, 'staging', version), `${about}: ${version} is whole`);
          if (done !== undefined) {
            assert.deepEqual(await world.ask(done, 'SELECT COUNT(*) FROM users'), [[['300']]], about);
            await world
              .baker()
              .keepOnly('staging', new Set([first.version]), { signal: AbortSignal.timeout(60_000), log: silentLog() });
          }
        }
        if (runs >= 20) assert.ok(complete < runs, 'some were killed in the middle');
      } finally {
        await world.close();
      }
    });
  });
}

/** Kills the bake, or its database server, after a while. Answers the version when it was complete before. */
async function bakeAndKill(
  { root, folder }: GoldenWorld,
  engine: RealEngine,
  stamp: string,
  afterMs: number,
  onlyServer: boolean,
): Promise<string | undefined> {
  const child = spawn(process.execPath, [program, engine, root, join(folder, 'dump.sql'), stamp], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const ended = once(child, 'close');
  const timer = setTimeout(() => {
    const killed = onlyServer && killServer(root);
    if (!killed) child.kill('SIGKILL');
  }, afterMs);
  await ended;
  clearTimeout(timer);
  return /^done (\S+)$/m.exec(said)?.[1];
}

/** The private server of the bake; false when none runs. */
function killServer(root: string): boolean {
  const folder = join(root, '.baking-staging');
  const found = readdirSync('/proc').filter((id) => /^\d+$/.test(id) && cwdOf(id).startsWith(`${folder}/data`));
  for (const id of found) {
    try {
      process.kill(Number(id), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  return found.length > 0;
}

function cwdOf(id: string): string {
  try {
    return readlinkSync(`/proc/${id}/cwd`);
  } catch {
    return '';
  }
}

function sumsOf({ root }: GoldenWorld, version: string): string {
  const folder = join(root, 'staging', version);
  const script = 'cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum';
  const sum = execFileSync('sh', ['-c', script, 'sh', join(folder, 'data')], { encoding: 'utf8' });
  return sum + readFileSync(join(folder, 'manifest.json'), 'utf8');
}
