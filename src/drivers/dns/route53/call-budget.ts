import { WizardError } from '../../../domain/wizard-error.ts';
import { pauseUnless } from '../../../kit/pause-unless.ts';
import type { Clock } from '../../../ports/clock.ts';

/** Lets calls through no faster than an account stands: all its tools share one limit, so we take less than half of it. */
export interface CallBudget {
  /** Waits for its turn; throws `dns/throttled` when that would take too long. */
  take(doing: string, signal: AbortSignal): Promise<void>;
  /** Route 53 said that we ask too often. Answers for how long to rest, in milliseconds. */
  refused(): number;
}

const perSecond = 4;
const burst = 10;
const longestWaitMs = 3_000;
const firstRestMs = 1_000;
const longestRestMs = 30_000;

export function callBudget(clock: Clock): CallBudget {
  let left = burst;
  let filledAt = clock.monotonic();
  let restMs = firstRestMs;
  let restsUntil = 0;

  const waitMs = (): number => {
    const now = clock.monotonic();
    left = Math.min(burst, left + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
    const forTurn = left >= 1 ? 0 : ((1 - left) / perSecond) * 1000;
    return Math.max(forTurn, restsUntil - now);
  };
  return {
    async take(doing, signal) {
      const ms = waitMs();
      if (ms > longestWaitMs) throw tooMany(doing, ms);
      // The turn is taken before the wait, so that those who come meanwhile stand behind.
      left -= 1;
      if (ms > 0) await pauseUnless(signal, clock, ms);
      signal.throwIfAborted();
      if (clock.monotonic() - restsUntil > longestRestMs) restMs = firstRestMs;
    },
    refused() {
      const now = clock.monotonic();
      if (restsUntil > now) return restsUntil - now;
      restsUntil = now + restMs;
      const ms = restMs;
      restMs = Math.min(longestRestMs, restMs * 2);
      return ms;
    },
  };
}

const tooMany = (doing: string, afterMs: number): WizardError =>
  new WizardError(`${doing}: waiting for a turn, so as not to ask Route 53 too often`, {
    code: 'dns/throttled',
    remedy: 'try-again',
    afterMs: Math.ceil(afterMs),
  });
