import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRecipe, aRepository, aSha } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import { type EnvironmentId, plainRole } from '../domain/claim.ts';

const shop7 = 'shop-7' as EnvironmentId;

async function whenLive(tell: (heart: MemoryHeart) => Promise<void>): Promise<void> {
  const heart = await memoryHeart({ recipe: aRecipe({ data: { source: 'staging' } }) });
  try {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await tell(heart);
  } finally {
    await heart.close();
  }
}

/** Takes the resource of this kind away behind our back. Answers what was done about it, once that was: `create web`, `update route`. */
async function lose(heart: MemoryHeart, kind: string): Promise<string[]> {
  const thing = heart.world.things().find((one) => one.kind === kind);
  assert.ok(thing && heart.world.vanish(kind, thing.claim));
  const from = heart.world.history.length;
  await heart.clock.advance(30_000);
  return heart.world.history
    .slice(from)
    .filter(({ what }) => what !== 'gone')
    .map(({ what, claim }) => `${what} ${plainRole(claim.role)}`);
}

test('a checkout that is lost under what serves is made anew beside it, and the route moves before the old one goes', () =>
  whenLive(async (heart) => {
    assert.deepEqual(await lose(heart, 'checkout'), [
      'create checkout',
      'create build-install',
      'create web',
      'update route',
      'destroy web',
      'destroy build-install',
    ]);
    assert.equal(await heart.phase(), 'live');
    assert.deepEqual(heart.roles(), ['build-install', 'checkout', 'data', 'route', 'web']);
  }));

test('data that is lost under what serves is copied anew, and the build is kept', () =>
  whenLive(async (heart) => {
    assert.deepEqual(await lose(heart, 'data-files'), ['create data', 'create web', 'update route', 'destroy web']);
    assert.equal(await heart.phase(), 'live');
  }));

test('a process that is lost is started again in its place: nobody is served through it any more', () =>
  whenLive(async (heart) => {
    assert.deepEqual((await lose(heart, 'process')).slice(0, 1), ['create web']);
    const web = heart.world.things().find(({ kind }) => kind === 'process');
    assert.equal(web?.claim.generation, 2);
  }));

test('what is lost again at once is made anew after a pause, and serves all the while', () =>
  whenLive(async (heart) => {
    await lose(heart, 'checkout');
    assert.deepEqual(await lose(heart, 'checkout'), []);
    assert.ok(heart.roles().includes('web'));
    await heart.clock.advance(5 * 60_000);
    assert.equal(await heart.phase(), 'live');
    assert.equal((await heart.store.environments.find(shop7))?.choices.redeploys, 2);
  }));

test('what two looks lost at once is made anew once', () =>
  whenLive(async (heart) => {
    const steps = heart.world.things().filter(({ kind }) => kind === 'command' || kind === 'checkout');
    for (const { kind, claim } of steps) heart.world.vanish(kind, claim);
    await heart.clock.advance(30_000);
    assert.equal((await heart.store.environments.find(shop7))?.choices.redeploys, 1);
  }));

test('a rename of the repository makes nothing anew, and the host names stay', () =>
  whenLive(async (heart) => {
    const before = await heart.store.environments.find(shop7);
    const from = heart.world.mutations;
    heart.host.edit(aRepository.id, 7, { repository: { ...aRepository, name: 'acme/store' } });
    await heart.poke();
    await heart.clock.advance(10 * 60_000);
    const after = await heart.store.environments.find(shop7);
    assert.equal(after?.repository.name, 'acme/store');
    assert.deepEqual(after.hosts, before?.hosts);
    assert.equal(heart.world.mutations, from);
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.advance(30_000);
    assert.deepEqual((await heart.store.environments.find(shop7))?.liveSha, aSha(2));
  }));
