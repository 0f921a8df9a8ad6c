import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRecipe, aRepository, aSha } from '../../testing/builders.ts';
import { type MemoryHeart, type MemoryHeartOptions, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import { plainRole } from '../domain/claim.ts';
import type { Breakage } from '../domain/observation.ts';
import type { DatabaseRecipe } from '../domain/service-recipe.ts';

const id = 'shop-7' as EnvironmentId;
const db: DatabaseRecipe = {
  ...{ by: 'database', engine: 'mariadb', source: 'staging', database: 'shop', user: 'shop', memoryMb: 64 },
  ...{ settings: {}, refresh: 'asked' },
};

/** Versions of all databases that were ever made for a service, in order. */
const made = (heart: MemoryHeart, service: string): unknown[] =>
  heart.world.history
    .filter(({ what, kind, claim }) => what === 'create' && kind === 'database' && plainRole(claim.role) === service)
    .map(({ spec }) => spec['version']);

async function push(heart: MemoryHeart, sha: string): Promise<void> {
  heart.host.push(aRepository.id, 7, sha);
  await heart.poke();
  await heart.reach('live');
}

test('a newer golden copy comes with the next push where the recipe says so; a push without one keeps the data', async () => {
  let version = 'v1';
  const services = { fresh: { ...db, refresh: 'push' as const }, db };
  const heart = await memoryHeart({ recipe: aRecipe({ services }), data: async () => ({ version, masked: true }) });
  try {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await push(heart, aSha(2));
    assert.deepEqual(made(heart, 'fresh'), ['v1'], 'what reviewers made is still there');

    version = 'v2';
    await heart.poke();
    await heart.clock.advance(300_000);
    assert.deepEqual(made(heart, 'fresh'), ['v1'], 'nobody pushed');
    await heart.running.requests.sleep(id, 'mira');
    await heart.reach('asleep');
    await heart.running.requests.wake(id, 'mira');
    await heart.reach('live');
    assert.deepEqual([made(heart, 'fresh'), made(heart, 'db')], [['v1'], ['v1']], 'waking is no push');

    await push(heart, aSha(3));
    assert.deepEqual(made(heart, 'fresh'), ['v1', 'v2']);
    version = 'v3';
    await heart.clock.advance(300_000);
    assert.deepEqual(made(heart, 'fresh'), ['v1', 'v2']);
    assert.deepEqual(made(heart, 'db'), ['v1'], 'nobody asked for it');
    await heart.running.requests.resetData(id, 'mira');
    await heart.clock.advance(1000);
    await heart.reach('live');
    assert.deepEqual([made(heart, 'fresh').at(-1), made(heart, 'db')], ['v3', ['v1', 'v3']]);
  } finally {
    await heart.close();
  }
});

/** With a database that is wanted anew with every push; `bake` makes a newer golden copy. */
async function pushing(
  tell: (heart: MemoryHeart, bake: (version: string) => void) => Promise<void>,
  options: Pick<MemoryHeartOptions, 'outcome'> = {},
): Promise<void> {
  let version = 'v1';
  const recipe = aRecipe({ services: { fresh: { ...db, refresh: 'push' } } });
  const heart = await memoryHeart({ recipe, data: async () => ({ version, masked: true }), ...options });
  try {
    heart.host.open(aPullRequest());
    await heart.poke();
    await tell(heart, (next) => {
      version = next;
    });
  } finally {
    await heart.close();
  }
}

test('a push after a first commit that failed gets the newest, once', () =>
  pushing(
    async (heart, bake) => {
      await heart.reach('failed');
      bake('v2');
      await push(heart, aSha(2));
      assert.deepEqual(made(heart, 'fresh'), ['v1', 'v2']);
    },
    { outcome: ({ role }, { revision }) => breaksFirst(role, revision) },
  ));

const breaksFirst = (role: string, revision: unknown): Breakage | undefined =>
  role.startsWith('build') && revision === aSha(1) ? { note: 'no', remedy: 'change-input' } : undefined;

test('a push to one that sleeps gets the newest, once', () =>
  pushing(async (heart, bake) => {
    await heart.reach('live');
    await heart.running.requests.sleep(id, 'mira');
    await heart.reach('asleep');
    bake('v2');
    await push(heart, aSha(2));
    assert.deepEqual(made(heart, 'fresh'), ['v1', 'v2']);
  }));

test('a bake that ends while a push is built does not change what was chosen for it', () =>
  pushing(async (heart, bake) => {
    await heart.reach('live');
    bake('v2');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.advance(1000);
    assert.deepEqual(made(heart, 'fresh'), ['v1', 'v2']);
    bake('v3');
    await heart.reach('live');
    await heart.clock.advance(300_000);
    assert.deepEqual(made(heart, 'fresh'), ['v1', 'v2']);
  }));
