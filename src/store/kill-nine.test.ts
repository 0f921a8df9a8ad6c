import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { settleInRealTime } from '../../testing/conformance/settle.ts';
import { postgresBin, postgresServer } from '../../testing/postgres-server.ts';
import { realPart } from '../../testing/real-part.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import type { Store } from '../ports/store.ts';
import type { Database } from './database.ts';
import { openEmbeddedStore, openPostgresStore } from './open-store.ts';
import { openPostgres } from './postgres.ts';

const writer = fileURLToPath(new URL('../../testing/store-writer.ts', import.meta.url));
const rounds = 5;

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

/** A store that the writer is to be killed over. */
interface Place {
  readonly at: string;
  /** Opens it when nothing of the killed writer is at work any more. */
  open(): Promise<Store>;
  /** Throws where what is stored is damaged. */
  prove(): void;
}

async function keepsWhatItAcknowledged({ at, open, prove }: Place, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const acknowledged: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    acknowledged.push(...(await writeAndKill(at, round, random.between(1, 40), random.next() * 8)));
    const store = await open();
    const kept = await store.deliveries.list({ limit: 1_000_000 });
    const marks = (await store.environments.list()).reduce((sum, { requested }) => sum + requested, 0);
    await store.close();
    const guids = new Set(kept.map(({ guid }) => guid));
    const lost = acknowledged.filter((guid) => !guids.has(guid));
    assert.deepEqual(lost, [], `lost in round ${round}, SEED=${seed}`);
    assert.equal(marks, kept.length, `a delivery without its mark, or a mark without its delivery, SEED=${seed}`);
    prove();
  }
  assert.ok(acknowledged.length >= rounds);
}

const seedFor = (context: TestContext): number => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  context.diagnostic(`SEED=${seed}`);
  return seed;
};

test('every acknowledged delivery is there after kill -9 at any moment', async (context) => {
  const seed = seedFor(context);
  const folder = await mkdtemp(join(tmpdir(), 'wizard-kill-'));
  const at = join(folder, 'wizard.db');
  const prove = (): void => {
    const database = new DatabaseSync(at);
    assert.equal(database.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok', `SEED=${seed}`);
    database.close();
  };
  try {
    await keepsWhatItAcknowledged({ at, open: () => openEmbeddedStore(at), prove }, seed);
  } finally {
    await rm(folder, { recursive: true });
  }
});

const skip = realPart('PostgreSQL is not installed', postgresBin !== undefined);

test('so it is on PostgreSQL', { skip }, async (context) => {
  const server = await postgresServer();
  context.after(() => server.stop());
  const at = await server.newDatabase();
  const others = "select 1 from pg_stat_activity where datname like 'wizard_%'";
  // What the writer had sent may still be carried out after its death.
  const open = async (): Promise<Store> => {
    await settleInRealTime(30_000)(async () => (await server.ask(others)).length === 0);
    return openPostgresStore(at);
  };
  await keepsWhatItAcknowledged({ at, open, prove: () => undefined }, seedFor(context));
});

test('on PostgreSQL what has to survive a power cut waits for the disk', { skip }, async (context) => {
  const server = await postgresServer();
  context.after(() => server.stop());
  const { database, close } = await openPostgres(await server.newDatabase());
  const waits = async (over: Database['durable']): Promise<unknown> =>
    (await sql<{ readonly synchronous_commit: string }>`show synchronous_commit`.execute(over)).rows;
  assert.deepEqual(await waits(database.durable), [{ synchronous_commit: 'on' }]);
  assert.deepEqual(await waits(database.relaxed), [{ synchronous_commit: 'off' }]);
  await close();
});
