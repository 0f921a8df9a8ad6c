import { stableHash } from '../../domain/stable-hash.ts';

/** How long to rest after EC2 said that an account asks too often. */
export interface Throttle {
  answered(): void;
  /** Longer from time to time while nothing is answered, and spread by the text, so that not all come back at once. Milliseconds. */
  throttled(spreadBy: string): number;
}

const firstMs = 2_000;
const longestMs = 60_000;

export function throttle(): Throttle {
  let inARow = 0;
  return {
    answered() {
      inARow = 0;
    },
    throttled(spreadBy) {
      const ms = Math.min(longestMs, firstMs * 2 ** Math.floor(inARow / 4));
      inARow += 1;
      const part = Number.parseInt(stableHash(`${spreadBy} ${inARow}`, 4), 16) / 0xffff;
      return Math.round(ms * (0.5 + part));
    },
  };
}
