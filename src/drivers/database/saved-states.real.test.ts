import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ask } from '../../../testing/ask-database.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { treeHash } from '../../../testing/data-world.ts';
import { type DatabaseWorld, databaseWorld } from '../../../testing/database-world.ts';
import { noServer } from '../../../testing/golden-database.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { codeOf } from '../../domain/wizard-error.ts';
import type { SavedState } from '../../ports/saved-states.ts';

const mine: Claim = aClaim({ role: 'db.3f9a2c1d' });
const theirs: Claim = aClaim({ environment: 'shop-8' as EnvironmentId, role: 'db.0a1b2c3d' });
const asApp = (world: DatabaseWorld, facts: JsonObject, sql: string, of: Claim = mine): Promise<string[]> =>
  ask(sql, { facts, password: world.passwordOf(of) });
const write = (world: DatabaseWorld, facts: JsonObject, text: string, of: Claim = mine): Promise<string[]> =>
  asApp(world, facts, `INSERT INTO notes (text) VALUES ('${text}')`, of);
const notes = 'SELECT text FROM notes ORDER BY text';
const from = { by: 'mira', environment: mine.environment, service: 'db', pull: 'acme/shop#7', sha: 'a'.repeat(40) };
const save = (world: DatabaseWorld, name: string): Promise<SavedState> =>
  world.current().states.save(mine, { name, from }, aCall());
const savedSpec = (world: DatabaseWorld, name: string): JsonObject => ({
  ...world.spec(theirs),
  checkpoint: name,
  load: 1,
});
const kept = (world: DatabaseWorld): string[] => {
  const folder = join(world.golden, '.saved');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
};
async function codeWhen(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return codeOf(error);
  }
  return 'none';
}

for (const [engine, kind] of [
  ['mariadb', 'xfs'],
  ['mariadb', 'plain'],
  ['postgres', 'btrfs'],
] as const) {
  const skip = noServer(engine) || noPool(kind);
  describe(`saved states of ${engine} on ${kind}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 4000);
    const withWorld = async (work: (one: DatabaseWorld) => Promise<void>): Promise<void> => {
      const one = await databaseWorld({ engine, disk });
      try {
        await work(one);
      } finally {
        await one.close();
      }
    };

    test('a state is what was there when it was saved, in every environment that begins with it', () =>
      withWorld(async (world) => {
        const facts = await world.made(mine);
        await write(world, facts, 'kept');
        const state = await save(world, 'basket-full');
        assert.ok(state.bytes > 1_000_000 && state.stoodStillMs > 0 && state.stoodStillMs < 30_000);
        assert.deepEqual(
          [state.name, state.engine, state.source, state.masked, state.from.by],
          ['basket-full', engine, 'staging', true, 'mira'],
        );
        assert.deepEqual(await world.current().states.list(), [state]);
        const seen = await world.until('ready', mine);
        assert.deepEqual(seen.is === 'ready' && seen.facts, facts, 'it serves again where it served');
        await write(world, facts, 'later');

        const other = await world.made(theirs, savedSpec(world, 'basket-full'));
        assert.deepEqual(await asApp(world, other, notes, theirs), ['kept']);
        await write(world, other, 'theirs', theirs);
        assert.deepEqual(await asApp(world, facts, notes), ['kept', 'later']);
        await assert.rejects(ask('SELECT 1', { facts: other, password: world.passwordOf(mine) }), 'own credentials');
      }));

    test('it needs neither the environment nor the golden copy that it came from, and outlives the server', () =>
      withWorld(async (world) => {
        const facts = await world.made(mine);
        await write(world, facts, 'kept');
        await save(world, 'kept');
        const before = await treeHash(join(world.golden, '.saved', 'kept', 'data'));
        await world.current().destroy(mine, aCall());
        await world.until('absent', mine);
        await rm(join(world.golden, 'staging'), { recursive: true });
        await world.reopen();
        const other = await world.made(theirs, savedSpec(world, 'kept'));
        await write(world, other, 'more', theirs);
        assert.deepEqual(await asApp(world, other, notes, theirs), ['kept', 'more']);
        assert.equal(await treeHash(join(world.golden, '.saved', 'kept', 'data')), before, 'it is never written');
        assert.deepEqual(await world.current().goldenInUse(), []);
      }));

    test('names that are taken or no names, and databases that do not serve, are refused; nothing is left of it', () =>
      withWorld(async (world) => {
        await world.made(mine);
        await save(world, 'first');
        assert.equal(await codeWhen(() => save(world, 'first')), 'data/saved-taken');
        assert.equal(await codeWhen(() => save(world, '../first')), 'database/bad-name');
        const twice = await Promise.all([codeWhen(() => save(world, 'second')), codeWhen(() => save(world, 'third'))]);
        assert.deepEqual(twice.sort(), ['database/busy', 'none']);
        await world.current().update?.(mine, { ...world.spec(mine), power: 'off' }, aCall());
        await world.settle(async () => (await world.processes()).length === 0);
        assert.equal(await codeWhen(() => save(world, 'fourth')), 'database/busy');
        await world.current().destroy(mine, aCall());
        await world.until('absent', mine);
        assert.equal(await codeWhen(() => save(world, 'fifth')), 'database/busy');
        assert.equal(kept(world).length, 2);
      }));

    test('what is forgotten is gone, and what began with it stays as it is', () =>
      withWorld(async (world) => {
        const { states } = world.current();
        const facts = await world.made(mine);
        await write(world, facts, 'kept');
        await save(world, 'old');
        const other = await world.made(theirs, savedSpec(world, 'old'));
        const shows = other['method'] === 'overlay';
        assert.equal(await codeWhen(() => states.remove('old')), shows ? 'data/saved-in-use' : 'none');
        assert.deepEqual(await asApp(world, other, notes, theirs), ['kept']);
        if (shows) {
          await world.current().destroy(theirs, aCall());
          await world.until('absent', theirs);
          await states.remove('old');
        }
        assert.deepEqual([kept(world), await states.list()], [[], []]);
        await save(world, 'old');
        assert.deepEqual(kept(world), ['old'], 'the name is free again');
      }));

    test('a server that stops, and an environment that ends, cut a save short and leave nothing of it', () =>
      withWorld(async (world) => {
        const facts = await world.made(mine);
        const cut = codeWhen(() => save(world, 'cut'));
        await world.reopen();
        assert.ok(['none', 'database/closing'].includes(await cut));
        await write(world, facts, 'serves');
        const ended = codeWhen(() => save(world, 'ended'));
        await world.current().destroy(mine, aCall());
        const how = await ended;
        await world.until('absent', mine);
        assert.ok(how !== 'none' || kept(world).includes('ended'));
        assert.deepEqual(
          kept(world).filter((name) => !['cut', 'ended'].includes(name)),
          [],
        );
      }));
  });
}
