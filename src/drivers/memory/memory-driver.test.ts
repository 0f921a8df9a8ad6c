import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { settleByClock } from '../../../testing/conformance/settle.ts';
import { manualClock } from '../../../testing/manual-clock.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { type MemoryDriverOptions, memoryDriver } from './memory-driver.ts';
import { memoryWorld } from './memory-world.ts';

function newWorld(over: Partial<MemoryDriverOptions> = {}): ResourceWorld {
  const clock = manualClock();
  const world = memoryWorld(clock);
  const open = () =>
    memoryDriver({
      world,
      kind: 'machine',
      traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs: 1000, replacing: 'costly' },
      arrivesAfterMs: 200,
      leavesAfterMs: 100,
      facts: (claim, spec) => ({ address: `10.0.0.${claim.generation % 250}`, size: spec['size'] ?? null }),
      updates: false,
      ...over,
    });
  const stranger = aClaim({ role: 'stranger' });
  memoryDriver({ ...plain, world, kind: 'elsewhere' });
  return {
    driver: open(),
    reopen: open,
    spec: { size: 'small' },
    otherSpec: { size: 'large' },
    strangers: {
      plant: () => memoryDriver({ ...plain, world, kind: 'elsewhere' }).create(stranger, {}, aCall()),
      untouched: async () =>
        world.find('elsewhere', stranger)?.goneAt === undefined && world.find('elsewhere', stranger) !== undefined,
    },
    deleteBehindBack: async (claim) => {
      assert.ok(world.vanish('machine', claim));
    },
    halfMake: async (claim) => {
      await open().create(claim, { size: 'small' }, aCall());
      world.breakDown('machine', claim, { note: 'killed half way', remedy: 'try-again' });
    },
    count: async (claim) =>
      world
        .things()
        .filter(
          (thing) =>
            thing.kind === 'machine' &&
            thing.claim.role === claim.role &&
            thing.claim.environment === claim.environment,
        ).length,
    troubles: [
      {
        what: 'a name that is used up',
        remedy: 'try-again',
        provoke: async () => {
          const driver = open();
          await driver.create(aClaim(), { size: 'small' }, aCall());
          world.vanish('machine', aClaim());
          await driver.create(aClaim(), { size: 'small' }, aCall());
        },
      },
    ],
    settle: settleByClock(clock, 5000),
    timeToSettleMs: 5000,
    close: async () => undefined,
  };
}

const plain = {
  traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs: 1000, replacing: 'costly' as const },
  arrivesAfterMs: 0,
  leavesAfterMs: 0,
  facts: () => ({}),
  updates: false,
};

resourceLaws({ name: 'memory driver that replaces', newWorld: () => newWorld() });
resourceLaws({
  name: 'memory driver that updates in place',
  newWorld: () => ({ ...newWorld({ updates: true }), role: 'route' }),
});
resourceLaws({
  name: 'memory driver that is slow to show things',
  newWorld: () => newWorld({ traits: { visibleAfterMs: 50, lateMs: 0, lookEveryMs: 1000, replacing: 'costly' } }),
  notYet: [],
});

test('a claim name that has ended is used up', async () => {
  const world = memoryWorld(manualClock());
  const driver = memoryDriver({ ...plain, world, kind: 'machine' });
  await driver.create(aClaim(), {}, aCall());
  world.vanish('machine', aClaim());
  await assert.rejects(
    driver.create(aClaim(), {}, aCall()),
    (error) => error instanceof WizardError && error.code === 'memory/spent',
  );
  await driver.create(aClaim({ generation: 2 }), {}, aCall());
});

test('a target that is changed in place refuses a lower generation', async () => {
  const clock = manualClock();
  const world = memoryWorld(clock);
  const driver = memoryDriver({ ...plain, world, kind: 'route', updates: true });
  await driver.create(aClaim({ role: 'route', generation: 3 }), {}, aCall());
  await assert.rejects(
    driver.create(aClaim({ role: 'route', generation: 2 }), {}, aCall()),
    (error) => error instanceof WizardError && error.code === 'memory/fenced',
  );
});

test('what changed is told at once, without being asked', async () => {
  const clock = manualClock();
  const world = memoryWorld(clock);
  const told: [number, string][] = [];
  const changed = ({ role }: { role: string }) => told.push([clock.monotonic(), role]);
  const driver = memoryDriver({ ...plain, world, kind: 'process', arrivesAfterMs: 30, leavesAfterMs: 20, changed });
  await driver.create(aClaim({ role: 'web' }), {}, aCall());
  await clock.advance(100);
  await driver.destroy(aClaim({ role: 'web' }), aCall());
  await clock.advance(100);
  assert.deepEqual(told, [
    [30, 'web'],
    [120, 'web'],
  ]);
});

test('effects are counted and kept, questions are not', async () => {
  const world = memoryWorld(manualClock());
  const driver = memoryDriver({ ...plain, world, kind: 'machine' });
  await driver.create(aClaim(), {}, aCall());
  await driver.create(aClaim(), {}, aCall());
  await driver.observe(aClaim(), {}, aCall());
  await driver.destroy(aClaim(), aCall());
  await driver.destroy(aClaim(), aCall());
  assert.equal(world.mutations, 2);
  assert.deepEqual(world.things(), []);
  assert.deepEqual(
    world.history.map(({ what }) => what),
    ['create', 'destroy', 'gone'],
  );
});
