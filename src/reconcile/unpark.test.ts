import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRecipe, aRepository, aSha } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import type { Remedy } from '../domain/wizard-error.ts';

const id = 'shop-7' as EnvironmentId;

/** Data that no commit changes, and that does not come to be until it is mended. */
async function heartWithBadData(remedy: Remedy) {
  let mended = false;
  const heart = await memoryHeart({
    recipe: aRecipe({ data: { source: 'staging' } }),
    outcome: ({ role }) => {
      if (!role.startsWith('data')) return undefined;
      return mended ? undefined : { note: 'the dump is damaged', remedy };
    },
  });
  heart.host.open(aPullRequest());
  await heart.poke();
  await heart.reach('failed');
  const mend = (): void => {
    mended = true;
  };
  return { heart, mend };
}

const ways: Readonly<Record<string, (heart: MemoryHeart) => Promise<void>>> = {
  'asked to be deployed anew': (heart) => heart.running.requests.redeploy(id, 'mira'),
  'a push': async (heart) => {
    heart.host.push(aRepository.id, 7, aSha(9));
    await heart.poke();
  },
};

for (const [what, ask] of Object.entries(ways)) {
  for (const remedy of ['fix-setup', 'change-input'] as const) {
    test(`${what}: what is broken in itself and rested (${remedy}) is made once more`, async () => {
      const { heart, mend } = await heartWithBadData(remedy);
      try {
        mend();
        await ask(heart);
        await heart.reach('live');
      } finally {
        await heart.close();
      }
    });
  }
}

test('what is still broken rests again after that one try', async () => {
  const { heart } = await heartWithBadData('change-input');
  try {
    const before = heart.world.things().find(({ kind }) => kind === 'data-files')?.claim.generation ?? 0;
    await heart.running.requests.redeploy(id, 'mira');
    await heart.clock.advance(10 * 60_000);
    assert.equal(await heart.phase(), 'failed');
    const after = heart.world.things().find(({ kind }) => kind === 'data-files')?.claim.generation ?? 0;
    assert.equal(after, before + 1);
  } finally {
    await heart.close();
  }
});
