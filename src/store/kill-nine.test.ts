import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../testing/seeded-random.ts';
import { openEmbeddedStore } from './open-store.ts';

const writer = fileURLToPath(new URL('../../testing/store-writer.ts', import.meta.url));
const rounds = 10;

/** Lets a process write, kills it some time after its nth acknowledgement, and answers all that it acknowledged. */
async function writeAndKill(path: string, round: number, afterAcks: number, thenMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [writer, path, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_code, signal) => resolve(signal)),
  );
  const acknowledged: string[] = [];
  for await (const guid of createInterface({ input: child.stdout })) {
    acknowledged.push(guid);
    if (acknowledged.length === afterAcks) setTimeout(() => child.kill('SIGKILL'), thenMs);
  }
  assert.equal(await ended, 'SIGKILL');
  return acknowledged;
}

test('every acknowledged delivery is there after kill -9 at any moment', async (context) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  context.diagnostic(`SEED=${seed}`);
  const random = seededRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'wizard-kill-'));
  const path = join(folder, 'wizard.db');
  try {
    const acknowledged: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      acknowledged.push(...(await writeAndKill(path, round, random.between(1, 40), random.next() * 8)));
      const store = await openEmbeddedStore(path);
      const kept = await store.deliveries.list({ limit: 1_000_000 });
      const marks = (await store.environments.list()).reduce((sum, { requested }) => sum + requested, 0);
      await store.close();
      const guids = new Set(kept.map(({ guid }) => guid));
      const lost = acknowledged.filter((guid) => !guids.has(guid));
      assert.deepEqual(lost, [], `lost in round ${round}, SEED=${seed}`);
      assert.equal(marks, kept.length, `a delivery without its mark, or a mark without its delivery, SEED=${seed}`);
      const database = new DatabaseSync(path);
      assert.equal(database.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok', `SEED=${seed}`);
      database.close();
    }
    assert.ok(acknowledged.length >= rounds);
  } finally {
    await rm(folder, { recursive: true });
  }
});
