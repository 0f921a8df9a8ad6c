import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ask } from '../../../testing/ask-database.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { treeHash } from '../../../testing/data-world.ts';
import { type DatabaseWorld, databaseWorld } from '../../../testing/database-world.ts';
import { noServer, userCount } from '../../../testing/golden-database.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { fillDisk, noSmallDisk } from '../../../testing/small-disk.ts';
import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { mountedAt } from '../../kit/clone/mounts.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { freeMemory } from './free-memory.ts';

const megabyte = 1024 ** 2;
const other = aClaim({ environment: 'shop-8' as EnvironmentId, role: 'db.3f9a2c1d' });
const notes = 'SELECT text FROM notes ORDER BY text';

for (const [engine, kind] of [
  ['mariadb', 'plain'],
  ['postgres', 'xfs'],
] as const) {
  const skip = noSmallDisk || noServer(engine) || noPool(kind);
  describe(`databases of ${engine} in memory, cloned from ${kind}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 2000);
    const withWorld = async (work: (one: DatabaseWorld) => Promise<void>, spares = 0): Promise<void> => {
      const one = await databaseWorld({ engine, disk, memoryDiskMb: 256, options: { spares } });
      try {
        await work(one);
      } finally {
        await one.close();
      }
    };
    const asApp = (world: DatabaseWorld, facts: JsonObject, sql: string, of = world.claim): Promise<string[]> =>
      ask(sql, { facts, password: world.passwordOf(of) });
    const write = (world: DatabaseWorld, facts: JsonObject, text: string, of = world.claim): Promise<string[]> =>
      asApp(world, facts, `INSERT INTO notes (text) VALUES ('${text}')`, of);
    const gone = async (world: DatabaseWorld, of: Claim): Promise<void> => {
      await world.current().destroy(of, aCall());
      await world.until('absent', of);
    };
    const refused = async (world: DatabaseWorld, of: Claim, over: JsonObject) => {
      const spec = { ...world.spec(of), ...over };
      await world.current().create(of, spec, aCall());
      const seen = await world.until('broken', of, spec);
      assert.ok(seen.is === 'broken');
      await gone(world, of);
      return seen;
    };

    test('the data lies in a disk in memory of that size, an empty database too, and nothing of it stays', () =>
      withWorld(async (world) => {
        const before = await treeHash(world.goldenFolder);
        const { source: _, ...rest } = world.spec(other);
        const facts = await world.made();
        const fresh = await world.made(other, { ...rest, version: '', database: 'fresh' });
        assert.deepEqual(await asApp(world, facts, 'SELECT COUNT(*) FROM users'), [String(userCount)]);
        await asApp(world, fresh, 'CREATE TABLE mine (id INT)', other);
        for (const { method, path } of [facts, fresh]) {
          assert.equal(method, 'memory');
          assert.equal(await mountedAt(String(path)), 'tmpfs');
          const { blocks, bsize } = statfsSync(String(path));
          assert.equal(blocks * bsize, 256 * megabyte);
        }
        const use = await world.driver.diskUse(world.claim);
        assert.ok(use && use.own > 10 * megabyte && use.own < 256 * megabyte, JSON.stringify(use));
        assert.equal(await treeHash(world.goldenFolder), before);

        for (const claim of [world.claim, other]) await gone(world, claim);
        for (const { path } of [facts, fresh]) assert.equal(await mountedAt(String(path)), undefined);
        assert.deepEqual(readdirSync(join(world.dataDir, 'database-clones', world.instance)), []);
      }));

    test('a server that dies, and a restart of ours, keep the data; another size is other data', () =>
      withWorld(async (world) => {
        const facts = await world.made();
        await write(world, facts, 'kept');
        await world.reopen();
        await world.until('ready');
        await world.killOnce();
        await world.settle(async () => (await asApp(world, facts, notes).catch(() => []))[0] === 'kept');

        const larger = { ...world.spec(world.claim), memoryDiskMb: 300 };
        await world.current().update?.(world.claim, larger, aCall());
        const seen = await world.until('ready', world.claim, larger);
        assert.ok(seen.is === 'ready');
        assert.equal(await mountedAt(String(facts['path'])), undefined);
        assert.equal(statfsSync(String(seen.facts['path'])).blocks * 4096, 300 * megabyte);
        assert.deepEqual(await asApp(world, seen.facts, notes), []);
      }));

    test('after a restart of the machine what lay in memory is said to be lost, and is made anew', () =>
      withWorld(async (world) => {
        const facts = await world.made();
        await write(world, facts, 'lost');
        const path = String(facts['path']);
        await world.driver.close();
        await world.killAll();
        // Lazily: what was killed just now may still have it open.
        execFileSync('umount', ['--lazy', path]);
        const log = silentLog();
        await world.reopen({ log });
        const seen: Observation = await world.until('broken');
        assert.ok(seen.is === 'broken' && seen.remedy === 'try-again' && seen.code === 'clone/memory-lost');
        assert.match(seen.note, /what lay in memory is lost/);
        const ended = () => log.lines.find(({ event }) => event === 'database.ended');
        await world.settle(async () => ended() !== undefined);
        assert.match(
          String(ended()?.fields['because']),
          /what lay in memory is lost/,
          'no server was started over the empty folder',
        );
        assert.deepEqual(readdirSync(path), []);
        await gone(world, world.claim);
        assert.ok(!existsSync(path));
        const anew = await world.made();
        assert.deepEqual(await asApp(world, anew, notes), []);
        assert.deepEqual(await asApp(world, anew, 'SELECT COUNT(*) FROM users'), [String(userCount)]);
      }));

    test('data that does not fit, and memory that is not there, are said before anything is made', () =>
      withWorld(async (world) => {
        const facts = await world.made();
        const standing = await world.clones();
        const small = await refused(world, other, { memoryDiskMb: 16 });
        assert.deepEqual([small.code, small.remedy], ['database/memory-disk-small', 'change-input']);
        const huge = await refused(world, other, { memoryDiskMb: Math.ceil((await freeMemory()) / megabyte) });
        assert.deepEqual([huge.code, huge.remedy], ['database/no-memory', 'fix-setup']);
        // What the first one's disk may still take is not there for another: of 900 MB 512 are kept free.
        const driver = await world.reopen({ freeMemory: async () => 900 * megabyte });
        const short = await refused(world, other, {});
        assert.deepEqual([short.code, short.remedy], ['database/no-memory', 'fix-setup']);
        assert.match(short.note, /takes up to 256\.0 MB, and 1\d\d\.\d MB can be spared/);
        assert.deepEqual(await world.clones(), standing);
        await world.until('ready');
        await write(world, facts, 'goes on');
        await gone(world, world.claim);
        // Of two at once one gets the memory.
        const both = [world.claim, other];
        await Promise.all(both.map((claim) => driver.create(claim, world.spec(claim), aCall())));
        let seen: string[] = [];
        await world.settle(async () => {
          seen = await Promise.all(both.map(async (of) => (await driver.observe(of, world.spec(of), aCall())).is));
          return !seen.includes('arriving');
        });
        assert.deepEqual(seen.sort(), ['broken', 'ready']);
      }));

    test('a full one harms its own environment only', () =>
      withWorld(async (world) => {
        const [mine, theirs] = [await world.made(), await world.made(other)];
        fillDisk(join(String(mine['path']), 'filler'));
        await assert.rejects(async () => {
          for (;;) await asApp(world, mine, 'INSERT INTO notes (text) SELECT mail FROM users');
        });
        await write(world, theirs, 'goes on', other);
        assert.deepEqual(await asApp(world, theirs, notes, other), ['goes on']);
        await gone(world, world.claim);
        assert.equal(await mountedAt(String(mine['path'])), undefined);
        await world.made();
      }));

    test('its state is saved on the disk, and loaded into memory', () =>
      withWorld(async (world) => {
        const facts = await world.made();
        await write(world, facts, 'kept');
        const from = { by: 'mira', environment: world.claim.environment, service: 'db', pull: 'acme/shop#7' };
        await world.current().states.save(world.claim, { name: 'basket', from }, aCall());
        await write(world, facts, 'later');
        const loaded = await world.made(other, { ...world.spec(other), checkpoint: 'basket', load: 1 });
        assert.deepEqual([loaded['method'], await asApp(world, loaded, notes, other)], ['memory', ['kept']]);
        await gone(world, other);
        const { memoryDiskMb: _, ...rest } = world.spec(other);
        const onDisk = await world.made(other, { ...rest, checkpoint: 'basket', load: 2 });
        assert.notEqual(onDisk['method'], 'memory');
        assert.deepEqual(await asApp(world, onDisk, notes, other), ['kept']);
        assert.deepEqual(await asApp(world, facts, notes), ['kept', 'later']);
      }));

    test('a spare of the same size is handed out', () =>
      withWorld(async (world) => {
        await world.made();
        await world.driver.sparesIdle();
        assert.equal((await world.clones()).length, 2);
        await world.driver.create(other, world.spec(other), aCall());
        const seen = await world.driver.observe(other, world.spec(other), aCall());
        assert.ok(seen.is === 'ready' && seen.facts['method'] === 'memory', 'at once');
        await world.driver.sparesIdle();
      }, 1));
  });
}
