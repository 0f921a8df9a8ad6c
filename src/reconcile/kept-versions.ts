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
 * anew with every push stays while the commit is the same, and is the newest for another.
 */
export function versionsFor(
  environment: Environment,
  resources: readonly Resource[],
  sha: string,
  sources: readonly Source[],
): Versions {
  const kept = (name: string, refresh: 'push' | undefined): string | undefined =>
    keptVersion(environment, resources, name, refresh);
  const pushed = isPushed(environment, resources, sha);
  return {
    dataVersions: Object.fromEntries(sources.map(({ name, version }) => [name, kept(name, undefined) ?? version])),
    pushedVersions: Object.fromEntries(
      sources.map(({ name, version }) => [name, (pushed ? undefined : kept(name, 'push')) ?? version]),
    ),
  };
}

/** Whether this commit is being brought in place of another. What wakes, and what is live, has its data. */
function isPushed({ liveSha }: Environment, resources: readonly Resource[], sha: string): boolean {
  if (liveSha !== undefined) return liveSha !== sha;
  return !resources.some((one) => isLive(one) && one.kind === 'checkout' && one.spec['sha'] === sha);
}

/** Of what was made last. One that never came to be is no reason to ask for it again: its dump may have been replaced. */
function keptVersion(
  { choices }: Environment,
  resources: readonly Resource[],
  source: string,
  refresh: 'push' | undefined,
): string | undefined {
  const mine = resources.filter(
    (resource) =>
      isLive(resource) &&
      cameToBe(resource) &&
      resource.spec['source'] === source &&
      resource.spec['refresh'] === refresh &&
      resource.spec['checkpoint'] === undefined &&
      resource.spec['edition'] === choices.dataEdition,
  );
  const last = mine.toSorted((a, b) => b.intendedAt - a.intendedAt)[0];
  return typeof last?.spec['version'] === 'string' ? last.spec['version'] : undefined;
}

/** Also while it is being changed in place, as by sleeping and waking: only a new one has told nothing yet. */
const cameToBe = ({ readyAt, facts }: Resource): boolean => readyAt !== undefined || Object.keys(facts).length > 0;
