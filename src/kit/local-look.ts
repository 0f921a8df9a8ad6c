import type { DriverTraits } from '../domain/observation.ts';

/**
 * How often to look at what is ready and lies on this machine, where nobody but us should touch it. A process that ends is told of at
 * once, and what it stands on is then looked at with it; this finds what was taken away while nothing noticed.
 */
export const localLookMs = 5 * 60_000;

/** Of what is made on this machine and tells us when it is ready or ended: its first moments are its own, people hear of it a moment later. */
export const localTraits = (replacing: DriverTraits['replacing']): DriverTraits => ({
  visibleAfterMs: 0,
  lateMs: 0,
  lookEveryMs: localLookMs,
  firstLookMs: 100,
  replacing,
});
