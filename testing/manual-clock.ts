import type { Clock } from '../src/ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly then: () => void;
}

/** Time that moves only when told. Timers fire by time, then by order of making; between two of them all promises settle. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, firing what falls due on the way. */
  advance(ms: number): Promise<void>;
  /** Moves from timer to timer until `condition` holds: true. False when `limitMs` passed or nothing is left to wait for. */
  runUntil(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean>;
  /** Lets everything that waits for no timer happen. */
  drain(): Promise<void>;
  /** Moves the wall clock, but not durations: someone set the machine's time. */
  jump(ms: number): void;
  /** Timers that wait now. */
  readonly pending: number;
}

export function manualClock(startsAt = Date.UTC(2026, 0, 1)): ManualClock {
  const timers: Timer[] = [];
  let elapsed = 0;
  let skew = 0;
  let made = 0;

  const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  const fireNext = async (limit: number): Promise<boolean> => {
    const next = timers[0];
    if (next === undefined || next.at > limit) return false;
    timers.shift();
    elapsed = Math.max(elapsed, next.at);
    next.then();
    await drain();
    return true;
  };

  const advance = async (ms: number): Promise<void> => {
    const end = elapsed + ms;
    await drain();
    while (await fireNext(end));
    elapsed = end;
  };

  return {
    now: () => startsAt + skew + elapsed,
    monotonic: () => elapsed,
    after(ms, then) {
      const timer: Timer = { at: elapsed + Math.max(0, ms), order: made++, then };
      timers.splice(placeOf(timers, timer), 0, timer);
      return () => {
        const index = timers.indexOf(timer);
        if (index >= 0) timers.splice(index, 1);
      };
    },
    advance,
    async runUntil(condition, limitMs) {
      const end = elapsed + limitMs;
      await drain();
      while (!(await condition())) {
        if (await fireNext(end)) continue;
        elapsed = end;
        return condition();
      }
      return true;
    },
    drain,
    jump(ms) {
      skew += ms;
    },
    get pending() {
      return timers.length;
    },
  };
}

/** Where the timer belongs: after all that are due earlier or at the same time. */
function placeOf(timers: readonly Timer[], timer: Timer): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = timers[middle];
    if (other !== undefined && other.at <= timer.at) low = middle + 1;
    else high = middle;
  }
  return low;
}
