import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { pullRequestWatch } from './pull-request-watch.ts';

const refused = new WizardError('the code host is down', { code: 'test/down', remedy: 'try-again' });

/** A heart that has just begun, whose watch has begun anew as after a lost database. */
async function beginning(): Promise<{ heart: MemoryHeart; next: () => Promise<readonly EnvironmentId[]> }> {
  const heart = await memoryHeart();
  const marked: EnvironmentId[] = [];
  const watch = pullRequestWatch(heart.heart, (id) => marked.push(id));
  const next = async (): Promise<readonly EnvironmentId[]> => {
    marked.length = 0;
    await watch(new AbortController().signal);
    return [...marked];
  };
  return { heart, next };
}

test('one that was closed while the open ones could not be listed is heard of all the same', async () => {
  const { heart, next } = await beginning();
  try {
    heart.host.open(aPullRequest());
    heart.host.outage(refused);
    assert.deepEqual(await next(), []);
    heart.host.outage(undefined);
    heart.host.close(aRepository.id, 7);
    assert.deepEqual(await next(), ['shop-7']);
  } finally {
    await heart.close();
  }
});

test('the closed ones are listed at first and then every hour', async () => {
  const { heart, next } = await beginning();
  try {
    assert.deepEqual(await next(), []);
    heart.host.open(aPullRequest());
    heart.host.close(aRepository.id, 7);
    assert.deepEqual(await next(), []);
    await heart.clock.advance(61 * 60_000);
    const known = (await heart.store.environments.list()).map(({ id }) => id);
    assert.deepEqual([...known, ...(await next())], ['shop-7'], 'by the watch of the heart or by ours');
  } finally {
    await heart.close();
  }
});
