import type { Clock } from '../../src/ports/clock.ts';

/** A bucket of `burst` calls that fills up with `perSecond`. Answers whether a call is one too many. */
export function rateLimit(clock: Clock, perSecond: number, burst: number): () => boolean {
  let left = burst;
  let at = clock.monotonic();
  return () => {
    const now = clock.monotonic();
    left = Math.min(burst, left + ((now - at) / 1000) * perSecond);
    at = now;
    if (left < 1) return true;
    left -= 1;
    return false;
  };
}
