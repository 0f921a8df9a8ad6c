import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aClaim, aPullRequest } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';

const idOf = (number: number): EnvironmentId => `shop-${number}` as EnvironmentId;

/** Bears our mark, and no pull request and no record tells of it: as after a loss of the store, where the code host lists nothing. */
function plantUnclaimed({ world, clock }: MemoryHeart, count: number): EnvironmentId[] {
  const ids = Array.from({ length: count }, (_, index) => idOf(100 + index));
  for (const environment of ids) {
    const at = clock.monotonic();
    const claim = aClaim({ environment, role: 'data.3f9a2c1d' });
    const times = { madeAt: at, visibleAt: at, arrivesAt: at, goneAt: undefined };
    world.put({ kind: 'data-files', claim, spec: {}, facts: {}, broken: undefined, ...times });
  }
  return ids;
}

const there = ({ world }: MemoryHeart): number => world.things().filter(({ goneAt }) => goneAt === undefined).length;

test('what most of what is there would go with is kept until people say that they mean it', async () => {
  const heart = await memoryHeart();
  try {
    const ids = plantUnclaimed(heart, 12);
    await heart.clock.advance(5 * 60_000);
    assert.equal(there(heart), 12);
    const because = (await heart.store.environments.find(idOf(100)))?.because;
    assert.match(because ?? '', /^kept, since 12 of 12 environments have no pull request .* `wizard destroy`/);
    for (const id of ids.slice(0, 2)) await heart.running.requests.destroy(id, 'mira');
    await heart.clock.advance(5 * 60_000);
    assert.equal(there(heart), 0, 'ten are few enough to go by themselves');
    for (const id of ids) assert.equal(await heart.phase(id), 'closed');
  } finally {
    await heart.close();
  }
});

test('as many beside more that are wanted go by themselves', async () => {
  const heart = await memoryHeart();
  try {
    for (let number = 1; number <= 12; number += 1) {
      heart.host.open(aPullRequest({ number }));
      await heart.poke(number);
    }
    await heart.reach('live', idOf(12));
    const wanted = there(heart);
    plantUnclaimed(heart, 12);
    await heart.clock.advance(5 * 60_000);
    assert.equal(there(heart), wanted);
  } finally {
    await heart.close();
  }
});
