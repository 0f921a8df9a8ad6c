const firstMs = 500;
const longestMs = 5 * 60_000;
const doublings = 10;

/** With its spread. A rest that was written down and is longer is one of a clock that was wrong. */
export const longestBackOffMs = longestMs * 1.25;

/** 0.5 s, 1 s, 2 s … 5 min, each spread by up to a half so that many do not come back at one moment. `random` is in [0, 1). */
export function backOffMs(failures: number, random: number): number {
  const ms = Math.min(longestMs, firstMs * 2 ** Math.min(doublings, Math.max(0, failures - 1)));
  return Math.round(ms * (0.75 + random / 2));
}
