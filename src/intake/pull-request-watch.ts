import type { EnvironmentId } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import { canonical } from '../domain/json.ts';
import type { PullRequest, RepositoryRef } from '../domain/pull-request.ts';
import { describeError } from '../domain/wizard-error.ts';
import type { Call } from '../ports/call.ts';
import type { RepositorySetup } from '../ports/repositories.ts';
import { type Heart, withLimit } from '../reconcile/heart.ts';

const listLimitMs = 5 * 60_000;
/** How often the closed ones are listed, each time after the open ones: after a lost database they may carry what is ours. */
const closedEveryMs = 60 * 60_000;

/**
 * Lists the open pull requests of every repository and marks those that differ from what we know, in either direction; now and then
 * also the closed ones. A listing that fails says nothing: no environment is touched because of it.
 */
export function pullRequestWatch(
  heart: Heart,
  look: (id: EnvironmentId) => void,
): (signal: AbortSignal) => Promise<void> {
  const closedDueAt = new Map<RepositorySetup, number>();
  const watch = async (setup: RepositorySetup, known: EnvironmentsOf, signal: AbortSignal): Promise<void> => {
    const ask = <T>(what: (call: Call) => Promise<T>): Promise<T> => withLimit(heart, listLimitMs, signal, what);
    const repository = await ask((call) => heart.repositories.resolve(setup, call));
    const open = await ask((call) => setup.host.openPullRequests(repository, call));
    await markDifferences(heart, setup, repository, open, known(repository), look);
    heart.repositories.listed(setup);
    const { host } = setup;
    if (!host.recentlyClosed || (closedDueAt.get(setup) ?? 0) > heart.clock.monotonic()) return;
    // Only now: one that is closed after this was listed as open above, or is heard of.
    const closed = await ask(async (call) => (await host.recentlyClosed?.(repository, call)) ?? []);
    await markUnknown(heart, setup, repository, closed, await environmentsOf(heart), look);
    closedDueAt.set(setup, heart.clock.monotonic() + closedEveryMs);
  };
  return async (signal) => {
    const known = await environmentsOf(heart);
    await Promise.all(
      heart.repositories.setups.map(async (setup) => {
        try {
          await watch(setup, known, signal);
        } catch (error) {
          if (!signal.aborted) heart.log.warn('watch.failed', { repository: setup.name, error: describeError(error) });
        }
      }),
    );
  };
}

async function markDifferences(
  heart: Heart,
  setup: RepositorySetup,
  repository: RepositoryRef,
  open: readonly PullRequest[],
  environments: readonly Environment[],
  look: (id: EnvironmentId) => void,
): Promise<void> {
  const known = new Map(environments.map((environment) => [environment.number, environment]));
  const openNumbers = new Set(open.map(({ number }) => number));
  const changed = open.filter((pull) => !isSame(known.get(pull.number)?.pull, pull)).map(({ number }) => number);
  const closed = environments.filter(
    ({ number, pull, phase }) => !openNumbers.has(number) && pull?.state !== 'closed' && phase !== 'closed',
  );
  await mark(heart, setup, repository, [...changed, ...closed.map(({ number }) => number)], look);
}

/** Closed pull requests that we know nothing of: they may still carry a message of ours, or something that runs. */
async function markUnknown(
  heart: Heart,
  setup: RepositorySetup,
  repository: RepositoryRef,
  closed: readonly PullRequest[],
  of: EnvironmentsOf,
  look: (id: EnvironmentId) => void,
): Promise<void> {
  const known = new Set(of(repository).map(({ number }) => number));
  const unknown = closed.map(({ number }) => number).filter((number) => !known.has(number));
  await mark(heart, setup, repository, unknown, look);
}

async function mark(
  heart: Heart,
  setup: RepositorySetup,
  repository: RepositoryRef,
  numbers: readonly number[],
  look: (id: EnvironmentId) => void,
): Promise<void> {
  for (const number of numbers) {
    const ids = setup.environmentIds(repository, number);
    look(await heart.store.environments.mark({ repository, number, ids }, heart.clock.now()));
  }
}

type EnvironmentsOf = (repository: RepositoryRef) => readonly Environment[];

async function environmentsOf({ store }: Heart): Promise<EnvironmentsOf> {
  const all = Map.groupBy(await store.environments.list(), ({ repository }) => repository.id);
  return ({ id }) => all.get(id) ?? [];
}

const isSame = (known: PullRequest | undefined, listed: PullRequest): boolean =>
  known !== undefined && canonical({ ...known, repository: null }) === canonical({ ...listed, repository: null });
