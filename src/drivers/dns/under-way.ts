import { type Claim, claimName } from '../../domain/claim.ts';
import { afterMsOf, codeOf } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';

/** What is still to be waited for after a change was answered. */
export interface Waiting {
  readonly note: string;
  readonly lookAgainMs: number;
}

/**
 * Changes that are answered for and not yet everywhere: first they travel to the name servers, then others may remember what they had
 * for as long as its TTL. Kept in memory only: after a restart nobody waits for them.
 */
export interface UnderWay {
  /** `forgetMs`: how long others may remember what was replaced or removed. */
  begin(claim: Claim, goal: 'coming' | 'going', about: { changes: readonly string[]; forgetMs: number }): void;
  /** Missing: nothing is to be waited for. */
  look(claim: Claim, goal: 'coming' | 'going', call: Call): Promise<Waiting | undefined>;
}

interface Change {
  readonly goal: 'coming' | 'going';
  changes: readonly string[];
  readonly forgetMs: number;
  looks: number;
  /** Monotonic; set when all changes have arrived. */
  forgottenAt: number | undefined;
}

const firstLookMs = 500;
const longestLookMs = 10_000;
/** A machine must not be kept for a day because of a long TTL. */
const longestForgetMs = 5 * 60_000;

/** Zero when it has arrived. Not to be told yet, since many ask, is no failure: milliseconds to wait. */
async function restFor(arrived: () => Promise<boolean>): Promise<number> {
  try {
    return (await arrived()) ? 0 : 1;
  } catch (error) {
    if (codeOf(error) !== 'dns/throttled') throw error;
    return Math.max(1, afterMsOf(error) ?? 1);
  }
}

export function underWay(clock: Clock, hasArrived: (change: string, call: Call) => Promise<boolean>): UnderWay {
  const all = new Map<string, Change>();

  async function arrivedAll(change: Change, call: Call): Promise<boolean> {
    while (change.changes[0] !== undefined) {
      if (!(await hasArrived(change.changes[0], call))) return false;
      change.changes = change.changes.slice(1);
    }
    return true;
  }

  return {
    begin(claim, goal, { changes, forgetMs }) {
      const before = all.get(claimName(claim));
      // A change that finds another on its way has to wait for what that one made others remember, too.
      const leftMs = Math.max(
        0,
        (before?.forgottenAt ?? 0) - clock.monotonic(),
        before?.forgottenAt ? 0 : (before?.forgetMs ?? 0),
      );
      const waitMs = Math.min(longestForgetMs, Math.max(forgetMs, leftMs));
      if (changes.length === 0 && waitMs === 0) all.delete(claimName(claim));
      else all.set(claimName(claim), { goal, changes, forgetMs: waitMs, looks: 0, forgottenAt: undefined });
    },
    async look(claim, goal, call) {
      const change = all.get(claimName(claim));
      if (change?.goal !== goal) return undefined;
      const rest = await restFor(() => arrivedAll(change, call));
      if (rest !== 0) {
        change.looks += 1;
        const lookAgainMs = Math.min(longestLookMs, Math.round(firstLookMs * 1.5 ** (change.looks - 1)));
        return { note: 'the change is on its way to the name servers', lookAgainMs: Math.max(rest, lookAgainMs) };
      }
      change.forgottenAt ??= clock.monotonic() + change.forgetMs;
      const leftMs = change.forgottenAt - clock.monotonic();
      if (leftMs > 0) {
        const seconds = Math.ceil(leftMs / 1000);
        return { note: `others may remember the former address for another ${seconds} s`, lookAgainMs: leftMs };
      }
      if (all.get(claimName(claim)) === change) all.delete(claimName(claim));
      return undefined;
    },
  };
}
