import type { Call, Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { ResourceDriver } from '../ports/resource-driver.ts';
import type { Store } from '../ports/store.ts';
import type { Changes } from './changes.ts';
import type { Inventory } from './inventory.ts';
import type { KnownRepositories } from './known-repositories.ts';

/** What the parts of the loop share. */
export interface Heart {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  readonly drivers: ReadonlyMap<string, ResourceDriver>;
  readonly repositories: KnownRepositories;
  readonly changes: Changes;
  readonly inventory: Inventory;
}

/** Runs `work` with a signal that aborts after `limitMs`, or when `outer` does; a call that does not listen is left behind. */
export async function withLimit<Answer>(
  heart: Pick<Heart, 'clock' | 'log'>,
  limitMs: number,
  outer: AbortSignal,
  work: (call: Call) => Promise<Answer>,
): Promise<Answer> {
  const limit = new AbortController();
  const abort = (): void => limit.abort(outer.reason);
  outer.addEventListener('abort', abort, { once: true });
  if (outer.aborted) abort();
  const cancel = heart.clock.after(limitMs, () =>
    limit.abort(new Error(`no answer within ${Math.round(limitMs / 1000)} s`)),
  );
  const { promise: left, reject } = Promise.withResolvers<never>();
  limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true });
  try {
    limit.signal.throwIfAborted();
    return await Promise.race([work({ signal: limit.signal, log: heart.log }), left]);
  } finally {
    cancel();
    outer.removeEventListener('abort', abort);
    left.catch(() => undefined);
  }
}
