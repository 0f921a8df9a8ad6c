import { asleepPlan } from '../domain/asleep.ts';
import { plainRole } from '../domain/claim.ts';
import { desired, type Wish } from '../domain/desired.ts';
import type { Choices, Environment } from '../domain/environment.ts';
import { dataSourcesOf, partsOf, withoutSources } from '../domain/parts-of.ts';
import { isLive } from '../domain/phase.ts';
import { type Plan, planOf } from '../domain/plan.ts';
import type { PlanInput } from '../domain/plan-input.ts';
import type { PullRequest, RepositoryId } from '../domain/pull-request.ts';
import type { Recipe } from '../domain/recipe.ts';
import { owedTry, type Resource } from '../domain/resource.ts';
import { afterMsOf, codeOf, describeError, remedyOf } from '../domain/wizard-error.ts';
import type { RepositorySetup } from '../ports/repositories.ts';
import { type Heart, withLimit } from './heart.ts';
import { versionsFor } from './kept-versions.ts';

const readLimitMs = 30_000;
const waitMs = 15_000;
/** What a recipe that names none has. */
const usualEndpoint = 'app';

/** Reads the pull request as it is now, and writes it down. A webhook's payload is never believed. */
export async function readPull(heart: Heart, environment: Environment, signal: AbortSignal): Promise<Environment> {
  const { repository, number, requested } = environment;
  const setup = heart.repositories.byId(repository.id);
  if (number === 0 || !setup) {
    await heart.store.environments.update(environment.id, { observed: requested });
    return { ...environment, observed: requested };
  }
  const pull = await withLimit(heart, readLimitMs, signal, (call) =>
    setup.host.findPullRequest(repository, number, call),
  );
  const moved = pull !== undefined && pull.headSha !== environment.pull?.headSha;
  // What follows from the change comes first and may be done twice: once the change is written down nobody would see it any more.
  if (moved) await unpark(heart, environment);
  const { choices, observed } = await choicesAfter(heart, environment, pull, moved);
  const read = {
    observed,
    pull,
    ...(pull && pull.repository.name !== repository.name ? { repository: pull.repository } : {}),
  };
  const now = { ...environment, ...read, choices };
  const wish = desired(now, setup.policy);
  const isWantedNow = moved && wish.want === 'present' && wish.sha === pull.headSha;
  const wanted = isWantedNow ? { wantedSince: heart.clock.now() } : {};
  await heart.store.environments.update(environment.id, { ...read, ...wanted });
  return { ...now, ...wanted };
}

type Chosen = Pick<Environment, 'choices' | 'observed'>;

/** What people chose for the environment that was closed does not bind the next one, and a push wakes one that sleeps. */
async function choicesAfter(
  heart: Heart,
  { id, pull: before, choices, requested }: Environment,
  pull: PullRequest | undefined,
  moved: boolean,
): Promise<Chosen> {
  const reopened = before?.state === 'closed' && pull?.state === 'open';
  const { heldGone, pinnedSha, asleep, checkpoints } = choices;
  const change = async (forget: (choices: Choices) => Choices): Promise<Chosen> => {
    const chosen = await heart.store.environments.choose(id, forget);
    // It is counted as a request, which nobody needs to look for, unless somebody else asked meanwhile.
    return { choices: chosen.choices, observed: chosen.requested === requested + 1 ? chosen.requested : requested };
  };
  if (reopened && (heldGone || pinnedSha || asleep || checkpoints))
    return change(({ pinnedSha: _, asleep: __, checkpoints: ___, ...kept }) => ({ ...kept, heldGone: false }));
  if (moved && asleep) return change(({ asleep: _, ...kept }) => kept);
  return { choices, observed: requested };
}

/** New input: what rested because of the old one is tried again, and what is broken in itself is made once more. */
export async function unpark(heart: Pick<Heart, 'store'>, environment: Environment): Promise<void> {
  for (const resource of await heart.store.resources.of(environment.id)) {
    if (!isLive(resource)) continue;
    await heart.store.resources.note(environment.id, resource.role, {
      parked: undefined,
      replaced: resource.parked ? owedTry : 0,
      failures: 0,
      notBefore: 0,
    });
  }
}

export interface WantedPlan {
  readonly wish: Wish;
  readonly plan: Plan;
  /** Why there is no plan although one is wanted. */
  readonly trouble?: string;
  /** What it waits for before there can be a plan, and when to ask again. */
  readonly waits?: { readonly because: string; readonly againMs: number };
  readonly hosts: Environment['hosts'];
}

/** The plan for what is wanted; a recipe that cannot be used is trouble to be shown, not an error of ours. */
export async function wantedPlan(
  heart: Heart,
  environment: Environment,
  resources: readonly Resource[],
  signal: AbortSignal,
): Promise<WantedPlan> {
  const setup = heart.repositories.byId(environment.repository.id);
  const wish = desired(environment, setup?.policy);
  if (wish.want === 'gone' || !setup || !environment.pull) return { wish, plan: [], hosts: environment.hosts };
  const { pull } = environment;
  try {
    const recipe = await withLimit(heart, readLimitMs, signal, (call) => setup.recipe(pull, wish.sha, call));
    const named = setup.hosts(environment, Object.keys(recipe.endpoints));
    // What was shown before anything was made is not fixed yet.
    const hosts = resources.length === 0 ? named : { ...named, ...environment.hosts };
    const known = { ...environment, hosts };
    const sources = await Promise.all(
      dataSourcesOf(recipe).map(async (name) => ({ name, ...(await setup.data(name)) })),
    );
    const refused = wish.trusted ? [] : sources.filter(({ masked }) => !masked).map(({ name }) => name);
    const playbooks = await playbooksOf(heart, setup, environment, resources, recipe, signal);
    const input = {
      environment: known,
      // A stranger's code gets no data that may hold something personal.
      recipe: withoutSources(recipe, refused),
      sha: wish.sha,
      trusted: wish.trusted,
      urls: setup.urls(hosts),
      ...versionsFor(environment, resources, wish.sha, sources),
      ...(setup.dns ? { dns: setup.dns } : {}),
      ...(playbooks ? { playbooks } : {}),
    };
    const plan = planOf(partsOf(input));
    return { wish, plan: wish.asleep ? asleepPlan(plan, resources) : plan, hosts };
  } catch (error) {
    const isBaking = codeOf(error) === 'data/baking';
    if (remedyOf(error) === 'try-again' && !isBaking) throw error;
    // Its author opens the usual address, and is told there what is wrong.
    const isNamed = Object.keys(environment.hosts).length > 0;
    const hosts = isNamed ? environment.hosts : setup.hosts(environment, [usualEndpoint]);
    const because = describeError(error);
    const why = isBaking ? { waits: { because, againMs: afterMsOf(error) ?? waitMs } } : { trouble: because };
    return { wish, plan: keptPlan(resources), hosts, ...why };
  }
}

/** Playbooks of another repository stay at the commit that the environment was configured with, until it is deployed anew. */
async function playbooksOf(
  heart: Heart,
  setup: RepositorySetup,
  { choices }: Environment,
  resources: readonly Resource[],
  recipe: Recipe,
  signal: AbortSignal,
): Promise<PlanInput['playbooks']> {
  const from = recipe.target === 'machine' ? recipe.configure?.repository : undefined;
  if (!from) return undefined;
  const { name, branch } = from;
  const kept = resources.find(
    ({ role, spec, goneAt, readyAt }) =>
      plainRole(role) === 'playbooks' &&
      goneAt === undefined &&
      readyAt !== undefined &&
      spec['branch'] === branch &&
      spec['repository'] === name &&
      (spec['redeploy'] ?? 0) === choices.redeploys,
  );
  const { repositoryId, sha } = kept?.spec ?? {};
  if (typeof repositoryId === 'string' && typeof sha === 'string')
    return { repository: { id: repositoryId as RepositoryId, name }, branch, sha };
  const found = await withLimit(heart, readLimitMs, signal, (call) => setup.branchHead(name, branch, call));
  return { ...found, branch };
}

/** With a recipe that cannot be read, what is there stays as it is. */
const keptPlan = (resources: readonly Resource[]): Plan =>
  resources.filter(isLive).map((resource) => ({
    name: plainRole(resource.role),
    role: resource.role,
    kind: resource.kind,
    needs: resource.needs,
    needRoles: Object.fromEntries(resource.needs.map((role) => [role, role])),
    spec: resource.spec,
    replace: 'in-place',
    timeLimitMs: Number.MAX_SAFE_INTEGER,
  }));
