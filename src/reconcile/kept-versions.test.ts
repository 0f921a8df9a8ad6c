import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRecipe, aRepository, aSha } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import { plainRole } from '../domain/claim.ts';
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
