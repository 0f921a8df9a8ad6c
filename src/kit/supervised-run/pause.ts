import type { Clock } from '../../ports/clock.ts';

/** Waits `ms` on the given clock. */
export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });
