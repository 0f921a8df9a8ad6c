import type { Environment } from '../domain/environment.ts';
import { isLive } from '../domain/phase.ts';
import type { PlanInput } from '../domain/plan-input.ts';
import type { Resource } from '../domain/resource.ts';

type Versions = Pick<PlanInput, 'dataVersions' | 'pushedVersions'>;

interface Source {
  readonly name: string;
  /** Of the newest golden copy. */
  readonly version: string;
}

/**
 * Which golden copy each source means to this environment. One that is there stays until its edition changes; what the recipe wants
 * anew with every push stays while the commit that it was chosen for is wanted, and is the newest for another.
 */
export function versionsFor(
  environment: Environment,
  resources: readonly Resource[],
  sha: string,
  sources: readonly Source[],
): Versions {
  const mine = resources
    .filter((one) => isLive(one) && cameToBe(one) && one.spec['checkpoint'] === undefined)
    .filter((one) => one.spec['edition'] === environment.choices.dataEdition)
    .toSorted((a, b) => b.intendedAt - a.intendedAt);
  const versions = (pushed: string | undefined): Record<string, string> =>
    Object.fromEntries(
      sources.map(({ name, version }) => {
        const kept = mine.find(({ spec }) => spec['source'] === name && spec['pushed'] === pushed)?.spec['version'];
        return [name, typeof kept === 'string' ? kept : version];
      }),
    );
  return { dataVersions: versions(undefined), pushedVersions: versions(sha) };
}

/**
 * One that never came to be is no reason to ask for it again: its dump may have been replaced. Also while it is being changed in place, as
 * by sleeping and waking: only a new one has told nothing yet.
 */
const cameToBe = ({ readyAt, facts }: Resource): boolean => readyAt !== undefined || Object.keys(facts).length > 0;
