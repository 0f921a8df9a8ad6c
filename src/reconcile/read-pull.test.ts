import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository, aSha } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import type { RepositoryId } from '../domain/pull-request.ts';

const shop7 = 'shop-7' as EnvironmentId;
const fork = aPullRequest({ headRepositoryId: '99' as RepositoryId });

/** Lets the next call of one part of the store fail, with or without its effect: what a kill at that moment leaves, too. */
function failOnce<Part extends object>(part: Part, name: keyof Part, effect: 'before' | 'after'): void {
  const call = part[name];
  if (typeof call !== 'function') throw new Error(`${String(name)} is no call`);
  part[name] = (async (...given: unknown[]) => {
    part[name] = call;
    if (effect === 'after') await call(...given);
    throw new Error('the store is away');
  }) as Part[keyof Part];
}

async function withHeart(work: (heart: MemoryHeart) => Promise<void>): Promise<void> {
  const heart = await memoryHeart();
  try {
    await work(heart);
  } finally {
    await heart.close();
  }
}

async function newsOf(heart: MemoryHeart) {
  const view = await heart.running.views.find(shop7);
  assert.ok(view?.news);
  return view.news;
}

for (const effect of ['before', 'after'] as const) {
  for (const name of ['choose', 'update'] as const) {
    test(`what was held gone comes back with a reopening, although ${name} fails ${effect} its effect`, () =>
      withHeart(async (heart) => {
        heart.host.open(aPullRequest());
        await heart.poke();
        await heart.reach('live');
        await heart.running.requests.destroy(shop7, 'mira');
        await heart.reach('waiting');
        heart.host.close(aRepository.id, 7);
        await heart.poke();
        await heart.reach('closed');
        heart.host.reopen(aRepository.id, 7);
        failOnce(heart.store.environments, name, effect);
        await heart.poke();
        await heart.reach('live');
      }));
  }

  test(`what was parked is tried again for a new commit, although the store fails ${effect} that is noted`, async () => {
    const heart = await memoryHeart({
      outcome: ({ role }, spec) =>
        role.startsWith('route') && spec['revision'] === aSha(1)
          ? { note: 'it ended', remedy: 'change-input' }
          : undefined,
    });
    try {
      heart.host.open(aPullRequest({ headSha: aSha(1) }));
      await heart.poke();
      await heart.reach('failed');
      heart.host.push(aRepository.id, 7, aSha(2));
      failOnce(heart.store.resources, 'note', effect);
      await heart.poke();
      await heart.reach('live');
      assert.equal((await newsOf(heart)).liveSha, aSha(2));
    } finally {
      await heart.close();
    }
  });
}

test('a build is counted from when it was wanted: a push, a redeploy, a waking, an approval', () =>
  withHeart(async (heart) => {
    const took = async (): Promise<number> => (await newsOf(heart)).tookMs ?? Number.NaN;
    const soon = async (what: string): Promise<void> => {
      const ms = await took();
      assert.ok(ms >= 0 && ms < 10_000, `${what} took ${ms} ms`);
    };
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await soon('the first build');
    for (const ask of [
      () => heart.running.requests.redeploy(shop7, 'mira'),
      () => heart.running.requests.resetData(shop7, 'mira'),
    ]) {
      await heart.clock.advance(60_000);
      await ask();
      await heart.clock.advance(20_000);
      assert.equal(await heart.phase(), 'live');
      await soon('what was asked for');
    }
    await heart.running.requests.destroy(shop7, 'mira');
    await heart.reach('waiting');
    await heart.clock.advance(60_000);
    await heart.running.requests.redeploy(shop7, 'mira');
    await heart.reach('live');
    await soon('what was brought back');
    await heart.running.requests.sleep(shop7, 'mira');
    await heart.reach('asleep');
    await heart.clock.advance(60_000);
    await heart.running.requests.wake(shop7, 'mira');
    await heart.reach('live');
    await soon('the waking');
  }));

test('the wait for an approval is no part of a build, and a commit that waits for one counts nothing anew', () =>
  withHeart(async (heart) => {
    heart.host.open(fork);
    await heart.poke();
    await heart.reach('waiting');
    await heart.clock.advance(60_000);
    await heart.running.requests.approve(shop7, fork.headSha, 'mira');
    await heart.reach('live');
    const before: Environment | undefined = await heart.store.environments.find(shop7);
    const first = (await newsOf(heart)).tookMs;
    assert.ok(first !== undefined && first >= 0 && first < 10_000, `it took ${first} ms`);
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.advance(20_000);
    assert.equal(await heart.phase(), 'live');
    const news = await newsOf(heart);
    assert.equal(news.tookMs, first);
    assert.equal(news.awaitsApproval, aSha(2));
    assert.deepEqual([news.headSha, news.liveSha], [fork.headSha, fork.headSha]);
    assert.equal((await heart.store.environments.find(shop7))?.wantedSince, before?.wantedSince);
  }));
