import type { Clock } from '../ports/clock.ts';
import type { Health, Probe } from './http-question.ts';

export interface HealthWatchOptions {
  readonly clock: Clock;
  readonly probe: Probe;
  /** How much is left of the time it may take. */
  readonly limitMs: number;
  readonly onHealthy: () => void;
  /** The time is over; it goes with what was seen last. */
  readonly onLate: (saw: string) => void;
  /** A probe threw, which is a defect of ours. */
  readonly onError: (error: unknown) => void;
}

export interface HealthWatch {
  /** What was seen last. */
  saw(): string;
  stop(): void;
}

const firstPauseMs = 5;
/** So that what becomes healthy waits for us a tenth of its time at most. */
const growth = 1.1;
const slowestPauseMs = 250;
/** A first request may compile half an application; one that takes longer than this is asked anew. */
const probeLimitMs = 10_000;
/** The look at the end gets this long, so that what is told is what it saw and not that it was cut short. */
const lastLookMs = 1000;

/** Looks until it is healthy: often in the first moments, when most become so, then at most four times a second. */
export function watchHealth(options: HealthWatchOptions): HealthWatch {
  const { clock, probe } = options;
  const stopped = new AbortController();
  const deadline = clock.monotonic() + options.limitMs;
  let saw = 'it has just been started';
  let cancelPause: (() => void) | undefined;
  const stop = (): void => {
    stopped.abort();
    cancelPause?.();
  };
  const look = async (pauseMs: number): Promise<void> => {
    const left = Math.max(lastLookMs, deadline - clock.monotonic());
    const seen = await lookOnce(probe, clock, Math.min(probeLimitMs, left), stopped.signal);
    if (stopped.signal.aborted) return;
    if (seen.healthy) {
      stop();
      options.onHealthy();
      return;
    }
    saw = seen.saw;
    if (clock.monotonic() >= deadline) {
      stop();
      options.onLate(saw);
      return;
    }
    cancelPause = clock.after(pauseMs, () => go(Math.min(pauseMs * growth, slowestPauseMs)));
  };
  const go = (pauseMs: number): void => {
    look(pauseMs).catch(options.onError);
  };
  go(firstPauseMs);
  return { saw: () => saw, stop };
}

/** One look that is cut short after `limitMs`. */
export async function lookOnce(probe: Probe, clock: Clock, limitMs: number, stopped: AbortSignal): Promise<Health> {
  const late = new AbortController();
  const cancel = clock.after(limitMs, () => late.abort());
  try {
    return await probe(AbortSignal.any([late.signal, stopped]));
  } finally {
    cancel();
  }
}
