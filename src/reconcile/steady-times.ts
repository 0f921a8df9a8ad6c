import type { Clock } from '../ports/clock.ts';

/**
 * Reads times that were written down by the wall clock so that setting that clock changes nothing: from the first hearing on they move
 * with the time that passes. What was written before we lived is believed, but no more than `aheadMs` of it to be still ahead.
 */
export interface SteadyTimes {
  /** The time `at`, written about `what` of `whose`, by the wall clock as it is now. */
  read(whose: string, what: string, at: number, aheadMs: number): number;
  /** Forgets what is nobody's of these. */
  keep(whose: { has(name: string): boolean }): void;
}

export function steadyTimes(clock: Clock): SteadyTimes {
  const heard = new Map<string, Map<string, { readonly at: number; readonly monotonic: number }>>();
  return {
    read(whose, what, at, aheadMs) {
      const mine = heard.get(whose) ?? new Map();
      heard.set(whose, mine);
      const known = mine.get(what);
      const monotonic = known?.at === at ? known.monotonic : clock.monotonic() + Math.min(aheadMs, at - clock.now());
      mine.set(what, { at, monotonic });
      return clock.now() + monotonic - clock.monotonic();
    },
    keep(whose) {
      for (const name of heard.keys()) if (!whose.has(name)) heard.delete(name);
    },
  };
}
