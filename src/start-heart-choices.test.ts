import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRecipe, aRepository, aSha } from '../testing/builders.ts';
import { id, liveRevisions, story } from '../testing/heart-story.ts';

test('reset-data makes a fresh copy beside the old one and moves over', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.resetData(id, 'mira');
    await heart.clock.runUntil(
      () => heart.world.history.filter(({ what, kind }) => what === 'create' && kind === 'data-files').length === 2,
      60_000,
    );
    await heart.reach('live');
    await heart.clock.advance(1000);
    assert.equal(heart.roles().filter((role) => role === 'data').length, 1);
  }));

test('a fork is built only at the commit that was approved, and without secrets', () =>
  story({ recipe: aRecipe({ env: { KEY: { secret: 'stripe' } } }) }, async (heart) => {
    heart.host.open(aPullRequest({ headRepositoryId: null }));
    await heart.poke();
    await heart.clock.advance(5000);
    assert.equal(await heart.phase(), 'waiting');
    await heart.running.requests.approve(id, aSha(1), 'mira');
    await heart.reach('live');
    assert.ok(!JSON.stringify(heart.world.things()).includes('stripe'));
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.advance(60_000);
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
  }));

test('destroy takes it away while the pull request is open, and redeploy brings it back', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.destroy(id, 'mira');
    await heart.reach('waiting');
    assert.deepEqual(heart.world.things(), []);
    await heart.running.requests.redeploy(id, 'mira');
    await heart.reach('live');
  }));

test('what sleeps keeps its data and its build, and comes back by waking or by a push', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.sleep(id, 'mira');
    await heart.reach('asleep');
    assert.deepEqual(heart.roles(), ['build-install', 'checkout', 'data']);
    assert.deepEqual(liveRevisions(heart), []);
    await heart.running.requests.wake(id, 'mira');
    await heart.reach('live');
    const generations = heart.world.things().map(({ kind, claim }) => `${kind} ${claim.generation}`);
    assert.deepEqual(generations.sort(), ['checkout 1', 'command 1', 'data-files 1', 'process 2', 'route 2']);
    await heart.running.requests.sleep(id, 'mira');
    await heart.reach('asleep');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.reach('live');
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
  }));

test('a pinned environment stays at its commit whatever is pushed', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.pin(id, aSha(1), 'mira');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.advance(60_000);
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
    await heart.running.requests.pin(id, undefined, 'mira');
    await heart.clock.runUntil(() => liveRevisions(heart)[0] === aSha(2), 60_000);
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
  }));
