import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository } from '../../testing/builders.ts';
import { memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import type { ResourceDriver } from '../ports/resource-driver.ts';

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

test('closed is said when all was listed that a life before could make, also what it made in its last moment', async () => {
  const slow = (driver: ResourceDriver): ResourceDriver =>
    driver.kind === 'command' ? { ...driver, traits: { ...driver.traits, visibleAfterMs: 10_000 } } : driver;
  const heart = await memoryHeart({ decorate: slow });
  try {
    const claim = { environment: id, role: 'build-install.0a1b2c3d', generation: 1 };
    const times = { madeAt: 0, visibleAt: 5_000, arrivesAt: 0, goneAt: undefined };
    heart.world.put({ kind: 'command', claim, spec: {}, facts: {}, broken: undefined, ...times });
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('building');
    heart.host.close(aRepository.id, 7);
    await heart.poke();
    await heart.clock.advance(4_000);
    assert.equal(await heart.phase(), 'closing');
    await heart.clock.advance(20_000);
    assert.equal(await heart.phase(), 'closed');
    assert.deepEqual(heart.world.things(), []);
  } finally {
    await heart.close();
  }
});
