import { type EnvironmentId, plainRole } from '../domain/claim.ts';
import { codeOf, describeError, hintOf, WizardError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { SavedFrom, SaveView, StateKeeper } from '../ports/saved-states.ts';
import type { Store } from '../ports/store.ts';
import type { FoundDatabase } from './database-of.ts';

export interface SaveTriesOptions {
  readonly keeper: StateKeeper;
  readonly store: Pick<Store, 'timeline'>;
  readonly clock: Clock;
  readonly log: Log;
}

export type SaveTries = ReturnType<typeof saveTries>;

const saveLimitMs = 30 * 60_000;

/** What is being saved, and what came of it where that failed. A server that is killed forgets both: nothing was saved then. */
export function saveTries({ keeper, store, clock, log }: SaveTriesOptions) {
  const views = new Map<string, SaveView>();
  const working = new Set<Promise<void>>();
  const ending = new AbortController();

  const tell = (environment: EnvironmentId, message: string, tookMs?: number): Promise<void> =>
    store.timeline.add({
      environment,
      at: clock.now(),
      about: 'environment',
      what: 'request',
      message,
      tookMs,
      details: {},
    });

  /** Answers what there is to tell of it. */
  async function carryOut({ database }: FoundDatabase, name: string, from: SavedFrom): Promise<[string, number?]> {
    const limit = new AbortController();
    const cancel = clock.after(saveLimitMs, () => limit.abort(tooLong()));
    const signal = AbortSignal.any([ending.signal, limit.signal]);
    try {
      const { stoodStillMs } = await keeper.save(database, { name, from }, { signal, log });
      views.delete(name);
      return [`${from.service} was saved as ${name}`, stoodStillMs];
    } catch (error) {
      const hint = hintOf(error);
      const why = { code: codeOf(error), message: describeError(error), ...(hint === undefined ? {} : { hint }) };
      views.set(name, { name, is: 'failed', from, ...why });
      log.warn('data.save', { name, environment: from.environment, error: why.message });
      return [`${from.service} was not saved as ${name}: ${why.message}`];
    } finally {
      cancel();
    }
  }

  return {
    views: views as ReadonlyMap<string, SaveView>,
    forget: (name: string): void => void views.delete(name),
    async begin(found: FoundDatabase, name: string, by: string): Promise<SaveView> {
      const { environment, database } = found;
      const { id, liveSha, repository, number } = environment;
      const from: SavedFrom = {
        by,
        environment: id,
        service: plainRole(database.role),
        pull: number === 0 ? repository.name : `${repository.name}#${number}`,
        ...(liveSha === undefined ? {} : { sha: liveSha }),
      };
      const view: SaveView = { name, is: 'saving', from };
      await tell(id, `${by}: save ${from.service} as ${name}`);
      views.set(name, view);
      const work = carryOut(found, name, from)
        .then(([message, tookMs]) => tell(id, message, tookMs))
        .catch((error: unknown) => log.error('data.save', { name, error: describeError(error) }))
        .finally(() => working.delete(work));
      working.add(work);
      return view;
    },
    /** Cuts short what is being saved. */
    async close(): Promise<void> {
      ending.abort(new WizardError('the server stops', { code: 'data/closing', remedy: 'try-again' }));
      await Promise.allSettled(working);
    },
  };
}

const tooLong = (): WizardError =>
  new WizardError(`saving a state: it is not done after ${saveLimitMs / 60_000} minutes`, {
    code: 'data/save-timeout',
    remedy: 'try-again',
  });
