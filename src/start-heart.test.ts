import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository, aSha } from '../testing/builders.ts';
import { aDelivery } from '../testing/conformance/store-laws.ts';
import { id, liveRevisions, story } from '../testing/heart-story.ts';
import type { EnvironmentId } from './domain/claim.ts';

test('an opened pull request becomes live at its head commit, with each resource once', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    assert.deepEqual(heart.roles(), ['build-install', 'checkout', 'data', 'route', 'web']);
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
    assert.equal((await heart.store.environments.find(id))?.liveSha, aSha(1));
  }));

test('data and checkout are made side by side', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    const made = Object.fromEntries(
      heart.world.history
        .filter(({ what }) => what === 'create')
        .map(({ claim, at }) => [claim.role.split('.')[0], at]),
    );
    assert.equal(made['data'], made['checkout']);
  }));

test('a push is made beside what serves, which goes only after the route has moved', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.reach('updating');
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
    await heart.reach('live');
    await heart.clock.advance(1000);
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
    assert.deepEqual(heart.roles(), ['build-install', 'checkout', 'data', 'route', 'web']);
    const moved = heart.world.history.findIndex(({ what, kind }) => what === 'update' && kind === 'route');
    const stopped = heart.world.history.findIndex(({ what, kind }) => what === 'destroy' && kind === 'process');
    assert.ok(moved >= 0 && moved < stopped, 'the old process stops after the route has moved');
    assert.equal(heart.world.history.filter(({ what, kind }) => what === 'create' && kind === 'data-files').length, 1);
  }));

test('a push during a build aborts the build of the older commit within 100 ms of the read, and not before', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.clock.runUntil(() => heart.roles().includes('build-install'), 60_000);
    const { findPullRequest } = heart.host;
    heart.host.findPullRequest = async (...asked) => {
      await new Promise<void>((resolve) => heart.clock.after(700, resolve));
      return findPullRequest(...asked);
    };
    heart.host.push(aRepository.id, 7, aSha(2));
    const pushedAt = heart.clock.monotonic();
    await heart.poke();
    await heart.clock.runUntil(
      () => heart.world.history.some(({ what, kind }) => what === 'destroy' && kind === 'command'),
      60_000,
    );
    const tookMs = heart.clock.monotonic() - pushedAt;
    assert.ok(tookMs >= 700 && tookMs <= 800, `${tookMs} ms`);
    await heart.reach('live');
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
  }));

test('a closed pull request leaves nothing, in the order route, process, the rest, and gives a receipt', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    heart.host.close(aRepository.id, 7);
    await heart.poke();
    await heart.reach('closed');
    assert.deepEqual(heart.world.things(), []);
    const ended = heart.world.history.filter(({ what }) => what === 'destroy').map(({ kind }) => kind);
    assert.equal(ended[0], 'route');
    assert.equal(ended[1], 'process');
    const receipt = (await heart.store.environments.find(id))?.receipt;
    assert.deepEqual(receipt?.resources.map(({ role }) => role).sort(), [
      'build-install',
      'checkout',
      'data',
      'route',
      'web',
    ]);
  }));

test('closed in mid-build leaves nothing, and reopened builds again under the next generation', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.clock.runUntil(() => heart.roles().includes('build-install'), 60_000);
    heart.host.close(aRepository.id, 7);
    await heart.poke();
    await heart.reach('closed');
    assert.deepEqual(heart.world.things(), []);
    heart.host.reopen(aRepository.id, 7);
    await heart.poke();
    await heart.reach('live');
    assert.equal(heart.world.things().find(({ kind }) => kind === 'checkout')?.claim.generation, 2);
  }));

test('what is stored is kept bounded: old deliveries, lines of the timeline, what closed long ago', () =>
  story({}, async (heart) => {
    const { store, clock } = heart;
    heart.host.open(aPullRequest({ number: 8 }));
    await heart.poke(8);
    await heart.reach('live', 'shop-8');
    heart.host.close(aRepository.id, 8);
    await heart.poke(8);
    await heart.reach('closed', 'shop-8');
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.runUntil(() => liveRevisions(heart)[0] === aSha(2), 60_000);
    await heart.clock.advance(5000);
    await store.deliveries.record(
      Array.from({ length: 150 }, (_, index) => aDelivery({ guid: `g-${index}`, mark: undefined })),
    );
    const line = { environment: id, at: 1, about: 'web', what: 'ready', message: '', tookMs: 1, details: {} };
    for (let index = 0; index < 600; index += 1) await store.timeline.add(line);
    // Longer than anything is kept; jumped over, since a month of looking would take minutes here too.
    clock.jump(31 * 24 * 60 * 60_000);
    const formerCheckouts = async (): Promise<number> =>
      (await store.resources.of(id)).filter(({ kind }) => kind === 'checkout').length;
    assert.equal(await formerCheckouts(), 2);
    await clock.advance(12 * 60_000);
    assert.equal((await store.deliveries.list({ limit: 200 })).length, 100);
    assert.ok((await store.timeline.list(id, { limit: 1000 })).length <= 500);
    assert.equal(await formerCheckouts(), 1);
    assert.equal(await store.environments.find('shop-8' as EnvironmentId), undefined);
    assert.equal(await heart.phase(), 'live', 'what stands stays');
  }));

test('once settled nothing is changed any more', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.clock.advance(1000);
    const before = heart.world.mutations;
    await heart.clock.advance(60 * 60_000);
    assert.equal(heart.world.mutations, before);
  }));
