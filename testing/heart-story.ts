import type { EnvironmentId } from '../src/domain/claim.ts';
import { aRecipe } from './builders.ts';
import { type MemoryHeart, type MemoryHeartOptions, memoryHeart } from './memory-heart.ts';

/** The environment that stories are told of. */
export const id = 'shop-7' as EnvironmentId;

/** Opens a heart whose recipe has data, tells it the story, and closes it whatever happens. */
export async function story(options: MemoryHeartOptions, tell: (heart: MemoryHeart) => Promise<void>): Promise<void> {
  const heart = await memoryHeart({ recipe: aRecipe({ data: { source: 'staging' } }), ...options });
  try {
    await tell(heart);
  } finally {
    await heart.close();
  }
}

/** The commit that each route leads to. */
export const liveRevisions = (heart: MemoryHeart): unknown[] =>
  heart.world
    .things()
    .filter(({ kind, goneAt }) => kind === 'route' && goneAt === undefined)
    .map(({ facts }) => facts['revision']);
