import type { EnvironmentId } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import { canonical } from '../domain/json.ts';
import type { PullRequest, RepositoryRef } from '../domain/pull-request.ts';
import { describeError } from '../domain/wizard-error.ts';
import type { RepositorySetup } from '../ports/repositories.ts';
import { type Heart, withLimit } from '../reconcile/heart.ts';

const listLimitMs = 5 * 60_000;

/**
 * Lists the open pull requests of every repository and marks those that differ from what we know, in either direction. A listing that
 * fails says nothing: no environment is touched because of it.
 */
export async function watchPullRequests(
  heart: Heart,
  signal: AbortSignal,
  look: (id: EnvironmentId) => void,
): Promise<void> {
  const environments = Map.groupBy(await heart.store.environments.list(), (environment) => environment.repository.id);
  await Promise.all(
    heart.repositories.setups.map(async (setup) => {
      try {
        const repository = await withLimit(heart, listLimitMs, signal, (call) =>
          heart.repositories.resolve(setup, call),
        );
        const open = await withLimit(heart, listLimitMs, signal, (call) =>
          setup.host.openPullRequests(repository, call),
        );
        await markDifferences(heart, setup, repository, open, environments.get(repository.id) ?? [], look);
        heart.repositories.listed(setup);
      } catch (error) {
        if (!signal.aborted) heart.log.warn('watch.failed', { repository: setup.name, error: describeError(error) });
      }
    }),
  );
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
  for (const number of [...changed, ...closed.map((environment) => environment.number)]) {
    const mark = { repository, number, ids: setup.environmentIds(repository, number) };
    look(await heart.store.environments.mark(mark, heart.clock.now()));
  }
}

const isSame = (known: PullRequest | undefined, listed: PullRequest): boolean =>
  known !== undefined && canonical({ ...known, repository: null }) === canonical({ ...listed, repository: null });

/** After a lost database: closed pull requests that may still carry a message of ours, or something that runs. Throws when one repository failed, after the others. */
export async function watchClosed(heart: Heart, signal: AbortSignal, look: (id: EnvironmentId) => void): Promise<void> {
  const environments = Map.groupBy(await heart.store.environments.list(), (environment) => environment.repository.id);
  let failure: unknown;
  for (const setup of heart.repositories.setups) {
    const { host } = setup;
    if (!host.recentlyClosed) continue;
    try {
      const repository = await withLimit(heart, listLimitMs, signal, (call) => heart.repositories.resolve(setup, call));
      const closed = await withLimit(
        heart,
        listLimitMs,
        signal,
        async (call) => (await host.recentlyClosed?.(repository, call)) ?? [],
      );
      const known = new Set(environments.get(repository.id)?.map(({ number }) => number));
      for (const { number } of closed.filter((pull) => !known.has(pull.number))) {
        const mark = { repository, number, ids: setup.environmentIds(repository, number) };
        look(await heart.store.environments.mark(mark, heart.clock.now()));
      }
    } catch (error) {
      failure = error;
      if (!signal.aborted)
        heart.log.warn('watch.closed-failed', { repository: setup.name, error: describeError(error) });
    }
  }
  if (failure !== undefined) throw failure;
}
