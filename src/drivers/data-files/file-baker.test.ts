import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { aCall } from '../../../testing/builders.ts';
import { dataWorld } from '../../../testing/data-world.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { dataBakes } from '../../bake/data-bakes.ts';
import { systemClock } from '../../kit/clock.ts';

/** A folder of uploads that is baked by the driver, with all that schedules and commands do. */
async function bakingWorld() {
  const world = await dataWorld((directory) => ({
    uploads: { directory: join(directory, 'uploads'), goldenFiles: {} },
    loaded: {
      dump: join(directory, 'staging.dump'),
      load: ['sh', '-c', 'echo reading; grep -v corrupt "$WIZARD_DUMP" > users'],
      goldenFiles: {},
    },
  }));
  const uploads = join(world.directory, 'uploads');
  await mkdir(uploads);
  await writeFile(join(uploads, 'logo'), 'one');
  const plan = { golden: true, timeZone: 'UTC', keep: 2 };
  const { baker } = world.driver;
  const { dataDir } = world;
  const sources = { uploads: plan, loaded: plan };
  const bakes = dataBakes({
    dataDir,
    sources,
    baker,
    clock: systemClock,
    log: silentLog(),
    copies: world.driver.copies,
  });
  await bakes.start();
  return {
    ...world,
    uploads,
    bakes,
    /** Answers the state that the bake ended with. */
    async baked(source: string): Promise<string | undefined> {
      const { bake } = await bakes.bake(source, 'mira');
      let state: string | undefined;
      await world.settle(async () => {
        state = (await bakes.find(source)).bakes.find(({ id }) => id === bake.id)?.state;
        return state !== 'running';
      });
      return state;
    },
    specOf: async (source: string) => ({ source, version: await bakes.version(source), edition: 0 }),
    async [Symbol.asyncDispose]() {
      await bakes.close();
      await world.close();
    },
  };
}

test('a folder is baked when asked, not when it changes, and environments keep what they have', async () => {
  await using world = await bakingWorld();
  assert.equal(await world.baked('uploads'), 'complete');
  const first = await world.specOf('uploads');
  const mine = await world.made(first);
  await writeFile(join(world.uploads, 'logo'), 'two');
  assert.deepEqual(await world.specOf('uploads'), first, 'a change alone is no new version');
  const other = await world.made(first, world.claimOf('data.00000002'));
  assert.equal(await readFile(join(other, 'logo'), 'utf8'), 'one');
  assert.equal(await world.baked('uploads'), 'complete');
  const second = await world.specOf('uploads');
  assert.notEqual(second.version, first.version);
  const fresh = await world.made(second, world.claimOf('data.00000003'));
  assert.equal(await readFile(join(fresh, 'logo'), 'utf8'), 'two');
  assert.equal(await readFile(join(mine, 'logo'), 'utf8'), 'one');
  const { copies = [] } = await world.bakes.find('uploads');
  assert.deepEqual(
    copies.map(({ version, clones, bytes }) => [version, clones, bytes]),
    [
      [second.version, 1, 3],
      [first.version, 2, 3],
    ],
  );
});

test('the last ones are kept, and those that environments have files of', async () => {
  await using world = await bakingWorld();
  await world.baked('uploads');
  const used = await world.specOf('uploads');
  await world.made(used);
  const versions: string[] = [];
  for (const text of ['b', 'c', 'd']) {
    await writeFile(join(world.uploads, 'logo'), text);
    assert.equal(await world.baked('uploads'), 'complete');
    versions.push((await world.specOf('uploads')).version);
  }
  assert.deepEqual(await world.driver.prune(), [], 'only its own rule says which are kept');
  const kept = [used.version, ...versions.slice(1)].sort().join();
  // What is not kept goes just after the bake is told to be complete.
  await world.settle(async () => {
    const left = await readdir(join(world.dataDir, 'golden/uploads'));
    return (
      left
        .filter((name) => !name.startsWith('.'))
        .sort()
        .join() === kept
    );
  });
});

test('a bake that fails leaves the copy before in use, and nothing of itself', async () => {
  await using world = await bakingWorld();
  assert.equal(await world.baked('loaded'), 'complete');
  const before = await world.specOf('loaded');
  await writeFile(world.dump, 'corrupt\n');
  assert.equal(await world.baked('loaded'), 'failed');
  const [failed] = (await world.bakes.find('loaded')).bakes;
  assert.equal(failed?.failure?.code, 'data/load-failed');
  await rm(world.dump);
  assert.equal(await world.baked('loaded'), 'failed');
  assert.deepEqual(await world.specOf('loaded'), before);
  assert.deepEqual(await readdir(join(world.dataDir, 'golden/loaded')), [before.version]);
  assert.equal(await readFile(join(await world.made(before), 'users'), 'utf8'), 'alice\n');
});

test('files that never keep still are told, after some tries', async () => {
  const source = (directory: string) => ({
    busy: {
      dump: join(directory, 'staging.dump'),
      load: ['sh', '-c', 'echo x >> "$WIZARD_DUMP"; echo x >> "$WIZARD_DUMP.runs"'],
      goldenFiles: {},
    },
  });
  await using world = await dataWorld(source);
  await appendFile(world.dump, 'more\n');
  const order = { source: 'busy', stamp: '20260101T000000Z' };
  const call = { ...aCall(), log: silentLog(), doing: () => undefined, write: () => undefined };
  await assert.rejects(world.driver.baker.bake(order, call), { code: 'data/keeps-changing', remedy: 'fix-setup' });
  assert.equal(await world.runs(), 6, 'three times two letters');
  assert.deepEqual(await readdir(join(world.dataDir, 'golden/busy')), []);
});
