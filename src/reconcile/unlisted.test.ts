import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import { type Remedy, WizardError } from '../domain/wizard-error.ts';
import type { ResourceDriver } from '../ports/resource-driver.ts';

const id = 'shop-7' as EnvironmentId;

/** A heart whose routes cannot be listed until they are mended. */
async function heartThatCannotList(remedy: Remedy): Promise<{ heart: MemoryHeart; mend: () => void }> {
  let mended = false;
  const decorate = (driver: ResourceDriver): ResourceDriver => ({
    ...driver,
    async *owned(call) {
      if (driver.kind === 'route' && !mended)
        throw new WizardError('listing routes: the key is refused', {
          code: 'test/refused',
          remedy,
          hint: 'Correct the key.',
        });
      yield* driver.owned(call);
    },
  });
  const heart = await memoryHeart({ decorate });
  heart.host.open(aPullRequest());
  await heart.poke();
  const mend = (): void => {
    mended = true;
  };
  return { heart, mend };
}

test('what cannot be made because its kind cannot be listed is said, with what helps, and the rest goes on', async () => {
  const { heart, mend } = await heartThatCannotList('fix-setup');
  try {
    await heart.reach('failed');
    const seen = await heart.running.views.find(id);
    assert.equal(seen?.news.because, 'route: listing routes: the key is refused');
    assert.deepEqual(seen?.news.failure, {
      step: 'route',
      message: 'listing routes: the key is refused',
      lastLines: [],
      remedy: 'fix-setup',
      hint: 'Correct the key.',
    });
    assert.equal(seen?.steps.find(({ name }) => name === 'route')?.state, 'failed');
    await heart.clock.advance(10_000);
    assert.ok(heart.roles().includes('web'), 'what can be made is made');
    mend();
    await heart.clock.advance(2 * 60_000);
    assert.equal(await heart.phase(), 'live');
  } finally {
    await heart.close();
  }
});

test('a listing that may go better another time is noted, and parks nothing', async () => {
  const { heart, mend } = await heartThatCannotList('try-again');
  try {
    await heart.clock.advance(10_000);
    const seen = await heart.running.views.find(id);
    const step = seen?.steps.find(({ name }) => name === 'route');
    assert.deepEqual([step?.state, step?.note], ['working', 'listing routes: the key is refused']);
    assert.equal(await heart.phase(), 'building');
    mend();
    await heart.clock.advance(2 * 60_000);
    assert.equal(await heart.phase(), 'live');
  } finally {
    await heart.close();
  }
});

test('one that is closed meanwhile is not said to be gone before that could be seen', async () => {
  const { heart, mend } = await heartThatCannotList('fix-setup');
  try {
    await heart.reach('failed');
    heart.host.close(aPullRequest().repository.id, 7);
    await heart.poke();
    await heart.clock.advance(60_000);
    assert.deepEqual([await heart.phase(), heart.roles()], ['closing', []]);
    mend();
    await heart.reach('closed');
  } finally {
    await heart.close();
  }
});
