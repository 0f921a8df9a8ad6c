import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository } from '../../testing/builders.ts';
import { memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';

const id = 'shop-7' as EnvironmentId;

test('what comes late, of a generation before the last one seen gone, is removed and revives nothing', async () => {
  const heart = await memoryHeart();
  try {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    const first = heart.world.things().find(({ kind }) => kind === 'process');
    assert.ok(first && heart.world.vanish('process', first.claim));
    await heart.clock.advance(10_000);
    heart.host.close(aRepository.id, 7);
    await heart.poke();
    await heart.reach('closed');
    heart.world.put(first);
    await heart.clock.advance(3 * 60_000);
    assert.deepEqual(heart.roles(), []);
    const record = (await heart.store.resources.of(id)).find(({ role }) => role === first.claim.role);
    assert.equal(record?.generation, 2);
    assert.notEqual(record.goneAt, undefined);
    assert.equal(await heart.phase(), 'closed');
  } finally {
    await heart.close();
  }
});
