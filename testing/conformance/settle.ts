import assert from 'node:assert/strict';
import type { ManualClock } from '../manual-clock.ts';

/** Waits until the question is answered with true; rejects when the world's time is over. */
export type Settle = (until: () => Promise<boolean>) => Promise<void>;

/** For worlds on a manual clock: looks again every 10 ms of its time. */
export const settleByClock =
  (clock: ManualClock, timeToSettleMs: number): Settle =>
  async (until) => {
    for (let waited = 0; waited <= timeToSettleMs; waited += 10) {
      if (await until()) return;
      await clock.advance(10);
    }
    assert.fail(`not settled after ${timeToSettleMs} ms of the manual clock`);
  };

/** For worlds of real things: asks every 20 ms, with a limit. */
export const settleInRealTime =
  (timeToSettleMs: number): Settle =>
  async (until) => {
    const end = performance.now() + timeToSettleMs;
    while (performance.now() < end) {
      if (await until()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.fail(`not settled after ${timeToSettleMs} ms`);
  };

/** Fails when the answer takes longer than `ms` of real time: calls begin things, they do not wait for them. */
export async function promptly<Answer>(what: string, answer: Promise<Answer>, ms: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `${what} took over ${ms} ms` })), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
