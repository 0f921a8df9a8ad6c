import { type Claim, claimName } from '../../domain/claim.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ec2Account } from './ec2-account.ts';

/** A machine that EC2 told us of, though it may not list it at the moment. */
export interface Sighting {
  readonly id: string;
  readonly account: Ec2Account;
  /** Whether a listing showed it; otherwise only the answer to our request did. */
  readonly listed: boolean;
  readonly at: number;
}

/**
 * What this process saw of machines and asked for. EC2's listings lag: one that is missing there need not be gone, and one that ends
 * may still be shown as running. After a restart nothing is remembered; the loop's own waits and sweeps then do the same more slowly.
 */
export interface Sightings {
  launched(claim: Claim, account: Ec2Account, id: string): void;
  listed(claim: Claim, account: Ec2Account, id: string): void;
  /** The last one of this claim, for as long as a listing may be stale. */
  recent(claim: Claim): Sighting | undefined;
  forget(claim: Claim): void;
  /** We asked for its end, or were told to end one that had ended by itself. */
  ended(id: string): void;
  wasEnded(id: string): boolean;
  /** So lately that a listing may still show it as running. */
  endedLately(id: string): boolean;
}

/** How long a listing may be stale. */
const staleMs = 5 * 60_000;
/** After that, one that still runs is ended again. */
const endingMs = 2 * 60_000;
/** Longer than EC2 lists what has ended. */
const listedAfterEndMs = 2 * 60 * 60_000;

export function sightings(clock: Clock): Sightings {
  const byClaim = new Map<string, Sighting>();
  const ends = new Map<string, number>();
  const ageOf = (id: string): number => clock.monotonic() - (ends.get(id) ?? Number.NEGATIVE_INFINITY);
  return {
    launched(claim, account, id) {
      const known = byClaim.get(claimName(claim));
      if (known?.id !== id) byClaim.set(claimName(claim), { id, account, listed: false, at: clock.monotonic() });
    },
    listed(claim, account, id) {
      byClaim.set(claimName(claim), { id, account, listed: true, at: clock.monotonic() });
    },
    recent(claim) {
      const known = byClaim.get(claimName(claim));
      if (known && clock.monotonic() - known.at <= staleMs) return known;
      byClaim.delete(claimName(claim));
      return undefined;
    },
    forget: (claim) => void byClaim.delete(claimName(claim)),
    ended(id) {
      for (const [other, at] of ends) if (clock.monotonic() - at > listedAfterEndMs) ends.delete(other);
      ends.set(id, clock.monotonic());
    },
    wasEnded: (id) => ends.has(id),
    endedLately: (id) => ageOf(id) <= endingMs,
  };
}
