import type { Environment } from '../domain/environment.ts';
import type { Heart } from './heart.ts';

/** So few may end at once without a doubt. */
const fewAtOnce = 10;

/**
 * Why what nobody asks for is kept all the same: when most of what is there would go at once, a settings file that lost a repository, a
 * store of before or a code host that lists nothing is more likely than so many ends. Missing: it may go. Whoever means it says so for
 * each, by `wizard destroy`.
 */
export async function heldBack(heart: Heart, environment: Environment): Promise<string | undefined> {
  if (!isUnasked(heart, environment)) return undefined;
  const there = (await heart.store.environments.list()).filter(({ phase }) => phase !== 'closed');
  const unasked = there.filter((one) => isUnasked(heart, one)).length;
  if (unasked <= fewAtOnce || unasked * 2 <= there.length) return undefined;
  return `kept, since ${unasked} of ${there.length} environments have no pull request or repository here, which looks like a mistake; \`wizard destroy\` takes one away`;
}

/** Nothing that was read says that it ended. */
const isUnasked = ({ repositories }: Heart, { number, repository, choices }: Environment): boolean =>
  !choices.heldGone && (number === 0 || repositories.byId(repository.id) === undefined);
