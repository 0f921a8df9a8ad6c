/** All time comes from here, so that a test can move it. */
export interface Clock {
  /** Wall clock in milliseconds since 1970: for people and protocols, never for durations. */
  now(): number;
  /** Monotonic milliseconds: for durations and deadlines. */
  monotonic(): number;
  /** Calls back once after `ms`; the answer cancels it. */
  after(ms: number, then: () => void): () => void;
}
