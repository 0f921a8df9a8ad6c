import type { Clock } from '../../ports/clock.ts';

export interface RunDeadlines {
  /** `startedAt` is wall clock, since the run may be older than we are; from here on it is monotonic time that counts. */
  set(name: string, startedAt: number, limitMs: number): void;
  drop(name: string): void;
  close(): void;
}

/** Calls `late` once for each run that is still there when its time is over. */
export function runDeadlines(clock: Clock, late: (name: string, limitMs: number) => void): RunDeadlines {
  const cancels = new Map<string, () => void>();
  const drop = (name: string): void => {
    cancels.get(name)?.();
    cancels.delete(name);
  };
  return {
    set(name, startedAt, limitMs) {
      drop(name);
      // A clock that was set back or forward must neither keep it for ever nor end it before it began.
      const elapsed = Math.min(Math.max(0, clock.now() - startedAt), limitMs);
      cancels.set(
        name,
        clock.after(limitMs - elapsed, () => late(name, limitMs)),
      );
    },
    drop,
    close() {
      for (const cancel of cancels.values()) cancel();
      cancels.clear();
    },
  };
}
