import type { ProcessesRecipe, Step } from '../../src/domain/recipe.ts';
import { WizardError } from '../../src/domain/wizard-error.ts';
import { aRecipe } from '../builders.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** What a commit is like, told by its first digit, so that everyone who sees it agrees. */
export type CommitKind = 'good' | 'breaks-build' | 'bad-recipe' | 'pushed-away';

export function newCommit(random: SeededRandom): string {
  const first = random.chance(0.12) ? random.pick(['b', 'c', 'd']) : String(random.between(0, 9));
  return first + Array.from({ length: 39 }, () => random.between(0, 15).toString(16)).join('');
}

const kinds: Readonly<Record<string, CommitKind>> = { b: 'breaks-build', c: 'bad-recipe', d: 'pushed-away' };

export const commitKind = (sha: string): CommitKind => kinds[sha.charAt(0)] ?? 'good';

const hasDigit = (sha: string, at: number): boolean => Number.parseInt(sha[at] ?? '0', 16) % 2 === 0;

/** The recipe in this commit: with or without data, a second step and a worker. */
export function recipeOf(sha: string): ProcessesRecipe {
  if (commitKind(sha) === 'bad-recipe') {
    throw new WizardError('reading the recipe: line 1 is wrong', { code: 'recipe/invalid', remedy: 'change-input' });
  }
  const step = (name: string): Step => ({ name, run: ['sh', '-euc', name], env: {}, timeLimitMs: 300_000 });
  const plain = aRecipe();
  const web = plain.processes['web'];
  if (!web) throw new Error('the plain recipe has a web process');
  return {
    ...plain,
    env: { API_KEY: { secret: 'api-key' } },
    build: hasDigit(sha, 1) ? [step('install'), step('compile')] : [step('install')],
    release: hasDigit(sha, 2) ? [step('migrate')] : [],
    processes: hasDigit(sha, 3) ? { web, worker: { ...web, health: { by: 'running' } } } : { web },
    ...(hasDigit(sha, 4) ? { data: { source: 'golden' } } : {}),
  };
}

/** Plain roles that a good commit's environment is made of. */
export function rolesOf(sha: string): string[] {
  const recipe = recipeOf(sha);
  return [
    'checkout',
    ...(recipe.data ? ['data'] : []),
    ...recipe.build.map(({ name }) => `build-${name}`),
    ...recipe.release.map(({ name }) => `release-${name}`),
    ...Object.keys(recipe.processes),
    'route',
  ].sort();
}

/** Every head this pull request ever had, for asking whether a commit may be built. */
export type Heads = Map<string, Set<string>>;
