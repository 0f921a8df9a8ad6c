import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ask } from '../../../testing/ask-database.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { treeHash } from '../../../testing/data-world.ts';
import { type DatabaseWorld, databaseWorld } from '../../../testing/database-world.ts';
import { filesOfTables, type GoldenEngine, makeGolden, noServer, userCount } from '../../../testing/golden-database.ts';
import { noPool, type PoolKind, suiteDisk } from '../../../testing/pool-disk.ts';
import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { systemClock } from '../../kit/clock.ts';
import { mountedAt } from '../../kit/clone/mounts.ts';
import type { Clock } from '../../ports/clock.ts';

const claimOf = (environment: string): Claim =>
  aClaim({ environment: environment as EnvironmentId, role: 'db.3f9a2c1d' });
const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Ids of the shared memory that the kernel holds; and the one that a running PostgreSQL says is its own. */
const segments = (): (string | undefined)[] =>
  readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[1]);
function segmentOf(data: string): string | undefined {
  const lock = join(data, 'postmaster.pid');
  return existsSync(lock) ? readFileSync(lock, 'utf8').split('\n')[6]?.trim().split(/\s+/)[1] : undefined;
}

/** Files of shared memory that a process has mapped. */
const sharedFiles = (pid: number): string[] =>
  [...readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/\/dev\/shm\/\S+/g)].map(([path]) => path);

async function asApp(world: DatabaseWorld, facts: JsonObject, sql: string, of: Claim = world.claim): Promise<string[]> {
  return ask(sql, { facts, password: world.passwordOf(of) });
}

for (const [engine, kind] of [
  ['mariadb', 'xfs'],
  ['mariadb', 'plain'],
  ['postgres', 'btrfs'],
] as const satisfies readonly (readonly [GoldenEngine, PoolKind])[]) {
  const skip = noServer(engine) || noPool(kind);
  describe(`a database of ${engine} on ${kind}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 4000);
    const world = (spares = 0) => databaseWorld({ engine, disk, options: { spares } });
    const withWorld = async (work: (one: DatabaseWorld) => Promise<void>, spares = 0): Promise<void> => {
      const one = await world(spares);
      try {
        await work(one);
      } finally {
        await one.close();
      }
    };

    test('the application reads and changes the data over TCP and the socket; the golden copy is never written', () =>
      withWorld(async (one) => {
        const before = await treeHash(one.goldenFolder);
        const facts = await one.made();
        const there = new Set(filesOfTables(String(facts['path'])));
        const missing = filesOfTables(join(one.goldenFolder, 'data')).filter((file) => !there.has(file));
        assert.deepEqual(missing, []);
        assert.deepEqual(await asApp(one, facts, 'SELECT COUNT(*) FROM users'), [String(userCount)]);
        assert.deepEqual(await asApp(one, facts, 'SELECT n FROM user_count'), [String(userCount)]);
        await asApp(one, facts, "UPDATE users SET mail = 'x'");
        await asApp(one, facts, "INSERT INTO notes (text) VALUES ('mine')");
        await asApp(one, facts, 'ALTER TABLE users ADD COLUMN age INT');
        await asApp(one, facts, 'CREATE TABLE baskets (id INT)');
        const password = one.passwordOf(one.claim);
        assert.deepEqual(await ask('SELECT DISTINCT mail FROM users', { facts, password, by: 'socket' }), ['x']);
        assert.equal(await treeHash(one.goldenFolder), before);
      }));

    test('nobody signs in with a password of staging, with none, or with that of another environment', () =>
      withWorld(async (one) => {
        const other = claimOf('shop-8');
        const facts = await one.made();
        await one.made(other);
        const staging =
          engine === 'mariadb' ? ['app', 'reader', 'root', 'wizard_keeper'] : ['staging', 'postgres', 'wizard_keeper'];
        for (const by of [undefined, 'socket'] as const) {
          const way = by ? { by } : {};
          for (const user of staging)
            for (const password of ['staging-password', ''])
              await assert.rejects(ask('SELECT 1', { facts, password, user, ...way }), `${user} with ${password}`);
          await assert.rejects(ask('SELECT 1', { facts, password: one.passwordOf(other), ...way }));
        }
      }));

    test('its application reads and writes no file of the server and runs no program, whatever accounts of staging may', () =>
      withWorld(async (one) => {
        const facts = await one.made();
        const written = join(String(facts['path']), 'mine');
        if (engine === 'mariadb') {
          assert.deepEqual(await asApp(one, facts, "SELECT LOAD_FILE('/etc/passwd') IS NULL"), ['1']);
          await assert.rejects(asApp(one, facts, `SELECT 1 INTO OUTFILE '${written}'`), /Access denied/);
          return;
        }
        const files = ["COPY lines FROM PROGRAM 'id'", "COPY lines FROM '/etc/passwd'", `COPY lines TO '${written}'`];
        const rights = ['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'];
        await asApp(one, facts, 'CREATE TABLE lines (text TEXT)');
        await assert.rejects(asApp(one, facts, 'SET ROLE postgres'), { code: '42501' });
        for (const role of ['app', 'loader', 'staging', 'wizard_owner']) {
          const now = `SET ROLE ${role}`;
          for (const sql of files) await assert.rejects(asApp(one, facts, `${now}; ${sql}`), { code: '42501' }, role);
          for (const right of rights)
            await assert.rejects(asApp(one, facts, `${now}; GRANT ${right} TO app`), { code: '42501' }, role);
          await assert.rejects(asApp(one, facts, `${now}; CREATE ROLE more CREATEROLE`), { code: '42501' }, role);
        }
      }));

    test('two environments do not share what they write, and each idle server takes less than 60 MB', () =>
      withWorld(async (one) => {
        const other = claimOf('shop-8');
        const [mine, theirs] = [await one.made(), await one.made(other)];
        await asApp(one, mine, 'DELETE FROM users');
        assert.deepEqual(await asApp(one, theirs, 'SELECT COUNT(*) FROM users', other), [String(userCount)]);
        for (const { pid } of await one.processes()) assert.ok(residentMb(pid) < 60, `${residentMb(pid)} MB`);
      }));

    test('a server that dies is started again over the same data, at the same place', () =>
      withWorld(async (one) => {
        const facts = await one.made();
        await asApp(one, facts, "INSERT INTO notes (text) VALUES ('kept')");
        await one.killOnce();
        await one.settle(async () => (await asApp(one, facts, 'SELECT text FROM notes').catch(() => []))[0] === 'kept');
        const seen = await one.until('ready');
        assert.deepEqual(seen.is === 'ready' && seen.facts, facts);
      }));

    test('a server runs on without us, and one that died meanwhile is started at our next start', () =>
      withWorld(async (one) => {
        const facts = await one.made();
        await one.driver.close();
        await asApp(one, facts, "INSERT INTO notes (text) VALUES ('alone')");
        await one.killAll();
        await one.reopen();
        await one.until('ready');
        assert.deepEqual(await asApp(one, facts, 'SELECT text FROM notes'), ['alone']);
      }));

    test('at rest nothing runs and the data is kept; awake it is at the same place', () =>
      withWorld(async (one) => {
        const facts = await one.made();
        await asApp(one, facts, "INSERT INTO notes (text) VALUES ('kept')");
        const off = { ...one.spec(one.claim), power: 'off' };
        await one.driver.update?.(one.claim, off, aCall());
        await one.settle(async () => (await one.processes()).length === 0);
        const resting = await one.until('ready', one.claim, off);
        assert.deepEqual(resting.is === 'ready' && resting.drift, []);
        await one.reopen();
        assert.equal((await one.until('ready', one.claim, off)).is, 'ready');
        assert.equal((await one.processes()).length, 0);
        const on = { ...off, power: 'on' };
        await one.current().update?.(one.claim, on, aCall());
        await one.until('ready', one.claim, on);
        assert.deepEqual(await asApp(one, facts, 'SELECT text FROM notes'), ['kept']);
      }));

    test('when it goes, no process, file, mount or shared memory of it stays', () =>
      withWorld(async (one) => {
        const facts = await one.made();
        const segment = segmentOf(String(facts['path']));
        assert.equal(segments().includes(segment ?? ''), engine === 'postgres');
        await one.driver.destroy(one.claim, aCall());
        await one.until('absent');
        assert.deepEqual(await one.processes(), []);
        assert.deepEqual(readdirSync(join(one.dataDir, 'database-clones', one.instance)), []);
        assert.equal(await mountedAt(String(facts['path'])), undefined);
        assert.ok(!existsSync(String(facts['socket'])));
        assert.ok(!segments().includes(segment ?? ''));
      }));

    test('one that was killed, started again and taken away leaves no shared memory either', () =>
      withWorld(async (one) => {
        const facts = await one.made();
        const before = await one.processes();
        const [killed, shared] = [segmentOf(String(facts['path'])), before.flatMap(({ pid }) => sharedFiles(pid))];
        await one.killAll();
        await one.settle(async () => (await one.processes()).some(({ pid }) => before.every((old) => old.pid !== pid)));
        await one.until('ready');
        await one.driver.destroy(one.claim, aCall());
        await one.until('absent');
        assert.ok(!segments().includes(killed ?? ''));
        assert.deepEqual(
          shared.filter((path) => existsSync(path)),
          [],
        );
      }));

    test('one that is taken away while its server is being started again goes', () =>
      withWorld(async (one) => {
        await one.made();
        await one.driver.close();
        await one.killAll();
        // Who waits for the old server to go looks so seldom that the start, which began to wait first, is through by then.
        const after: Clock['after'] = (ms, work) => systemClock.after(ms < 10 ? 150 : ms, work);
        await one.reopen({ clock: { ...systemClock, after } });
        await Array.fromAsync(one.current().owned(aCall()));
        await one.current().destroy(one.claim, aCall());
        await one.until('absent');
        assert.deepEqual(await one.processes(), []);
      }));

    test('an empty database can be filled', () =>
      withWorld(async (one) => {
        const { source: _, ...rest } = one.spec(one.claim);
        const facts = await one.made(one.claim, { ...rest, version: '', database: 'fresh' });
        await asApp(one, facts, 'CREATE TABLE t (id INT)');
        await asApp(one, facts, 'INSERT INTO t VALUES (7)');
        assert.deepEqual(await asApp(one, facts, 'SELECT id FROM t'), ['7']);
      }));

    test('a clone that changed little takes little room', () =>
      withWorld(async (one) => {
        await one.made();
        const use = await one.driver.diskUse(one.claim);
        assert.ok(use && use.own > 0 && use.own < 64 * 1024 ** 2, JSON.stringify(use));
        assert.deepEqual(await one.driver.goldenInUse(), [
          { source: 'staging', version: one.spec(one.claim)['version'], needsFiles: kind === 'plain' },
        ]);
      }));

    test('a spare is handed out once, fast, with the credentials of its taker, and another is made', () =>
      withWorld(async (one) => {
        await one.made();
        await one.driver.sparesIdle();
        assert.equal((await one.clones()).length, 2);
        const claims = ['shop-8', 'shop-9', 'shop-10'].map(claimOf);
        const began = performance.now();
        await one.driver.create(claims[0] ?? one.claim, one.spec(claims[0] ?? one.claim), aCall());
        const tookMs = performance.now() - began;
        const first = await one.driver.observe(claims[0] ?? one.claim, one.spec(claims[0] ?? one.claim), aCall());
        assert.equal(first.is, 'ready', 'at once');
        assert.ok(tookMs < 500, `${tookMs} ms`);
        await one.driver.sparesIdle();
        await Promise.all(claims.map((claim) => one.driver.create(claim, one.spec(claim), aCall())));
        const ports = new Set<unknown>();
        for (const claim of claims) {
          const facts = await one.made(claim);
          ports.add(facts['port']);
          assert.deepEqual(await asApp(one, facts, 'SELECT COUNT(*) FROM users', claim), [String(userCount)]);
        }
        assert.equal(ports.size, claims.length);
      }, 1));

    test('spares follow the newest golden copy, go when memory is short, and are found again after a restart', () =>
      withWorld(async (one) => {
        await one.made();
        await one.driver.sparesIdle();
        const before = await one.clones();
        await one.reopen();
        await one.current().observe(one.claim, one.spec(one.claim), aCall());
        await one.current().sparesIdle();
        assert.deepEqual(await one.clones(), before, 'the same spare');
        await makeGolden({ engine, root: one.golden, version: '20260202T000000Z' });
        const versions = async (): Promise<string> => {
          one.current().refillSpares();
          await one.current().sparesIdle();
          return String((await one.current().goldenInUse()).map(({ version }) => version).sort());
        };
        // One that could not be made, for want of room just now, is tried again at the next look.
        const followed = one.settle(async () => (await versions()) === '20260101T000000Z,20260202T000000Z');
        await followed.catch(() => assert.fail(one.warnings()));
        await one.reopen({ freeMemory: async () => 0 });
        await one.settle(async () => (await one.clones()).length === 1);
      }, 1));

    test('a version that is not there, or data of another server, is said to whoever asked', () =>
      withWorld(async (one) => {
        const gone = { ...one.spec(one.claim), version: '20250101T000000Z' };
        await one.driver.create(one.claim, gone, aCall());
        const seen = await one.until('broken', one.claim, gone);
        assert.ok(seen.is === 'broken' && seen.code === 'database/no-golden' && seen.remedy === 'change-input');
        const other = claimOf('shop-8');
        const older = { ...one.spec(other), serverVersion: '9.1' };
        await one.driver.create(other, older, aCall());
        const refused = await one.until('broken', other, older);
        assert.ok(refused.is === 'broken' && refused.code === 'database/other-server');
        assert.deepEqual(await one.clones(), []);
      }));

    test('a golden copy that shares blocks may be removed while clones of it serve', { skip: kind === 'plain' }, () =>
      withWorld(async (one) => {
        const facts = await one.made();
        await rm(one.goldenFolder, { recursive: true });
        assert.deepEqual(await asApp(one, facts, 'SELECT COUNT(*) FROM users'), [String(userCount)]);
        await one.killOnce();
        await one.settle(
          async () => (await asApp(one, facts, 'SELECT COUNT(*) FROM users').catch(() => [])).length > 0,
        );
      }),
    );
  });
}
