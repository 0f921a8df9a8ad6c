import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository, aSha } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';

const shop7 = 'shop-7' as EnvironmentId;

/** Commit 1 was pushed away before it was fetched. */
async function whenPushedAway(tell: (heart: MemoryHeart) => Promise<void>): Promise<void> {
  const heart = await memoryHeart({
    outcome: ({ role }, spec) =>
      role.startsWith('checkout') && spec['sha'] === aSha(1)
        ? { note: 'superseded: it is no longer in the repository', code: 'checkout/superseded', remedy: 'change-input' }
        : undefined,
  });
  try {
    heart.host.open(aPullRequest({ headSha: aSha(1) }));
    await heart.poke();
    await tell(heart);
  } finally {
    await heart.close();
  }
}

test('a commit that vanished by a force-push is superseded: the new head is read at once, and nobody hears of a failure', () =>
  whenPushedAway(async (heart) => {
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.clock.advance(20_000);
    assert.equal(await heart.phase(), 'live');
    assert.equal((await heart.store.environments.find(shop7))?.liveSha, aSha(2));
    const phases = (await heart.store.timeline.list(shop7, { limit: 100 }))
      .filter(({ what }) => what === 'phase')
      .map(({ message }) => message.split(':')[0]);
    assert.deepEqual(phases, ['building', 'live']);
  }));

/** How often the pull request is read from now on. */
function readsOf(heart: MemoryHeart): () => number {
  const { findPullRequest } = heart.host;
  let reads = 0;
  heart.host.findPullRequest = (...asked) => {
    reads += 1;
    return findPullRequest(...asked);
  };
  return () => reads;
}

test('nobody reads without end when the clock is set back after it was pushed away', () =>
  whenPushedAway(async (heart) => {
    const reads = readsOf(heart);
    await heart.clock.advance(100);
    heart.clock.jump(-3_600_000);
    await heart.clock.advance(10_000);
    heart.clock.jump(-3_600_000);
    await heart.poke();
    await heart.clock.advance(10_000);
    assert.equal(await heart.phase(), 'failed');
    assert.ok(reads() <= 4, `${reads()} reads`);
  }));

test('a head that cannot be had and that is still the head fails, after one more read', () =>
  whenPushedAway(async (heart) => {
    const reads = readsOf(heart);
    await heart.clock.advance(20_000);
    assert.equal(reads(), 2);
    assert.equal(await heart.phase(), 'failed');
    assert.match((await heart.store.environments.find(shop7))?.because ?? '', /no longer in the repository/);
  }));
