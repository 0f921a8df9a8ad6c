import type { Claim } from '../../domain/claim.ts';
import type { Call } from '../../ports/call.ts';

/** What stands at one host, and whose it is. */
export interface HostSeen {
  readonly host: string;
  /** Text of the marker beside it. Missing: there is none, or it is not one text. */
  readonly marker?: string;
  /** Of its A and AAAA records. Where a wildcard of the zone answers for the host, these are the wildcard's. */
  readonly addresses: readonly string[];
  /** Missing without addresses. */
  readonly ttlSeconds?: number;
  /** What stands there and leaves no room for an address of ours: `a CNAME record`. */
  readonly taken?: string;
  /** Whether the claim would be found by its index. */
  readonly listed: boolean;
}

/** A change of one host. `add` needs that nothing is there; the others that the marker is still ours. */
export type Step<Seen extends HostSeen> =
  | { readonly do: 'add' | 'replace'; readonly seen: Seen; readonly address: string }
  | { readonly do: 'remove'; readonly seen: Seen };

/** The records of one zone, as the driver needs them. Every answer is what the zone says, not what caches remember. */
export interface ZoneRecords<Seen extends HostSeen> {
  /** Of the given hosts and of all that the claim has. */
  look(claim: Claim, hosts: readonly string[], call: Call): Promise<readonly Seen[]>;
  /**
   * Takes the steps; each host whole or not at all, and never over a record that is not ours: then it throws `dns/changed` or
   * `dns/name-taken`. Answers ids of changes that are on their way to the name servers; none where they have arrived.
   */
  change(about: Changing<Seen>, call: Call): Promise<readonly string[]>;
  /** Whether a change has arrived at the name servers. */
  hasArrived(change: string, call: Call): Promise<boolean>;
  /** Everything that bears our name. */
  owned(call: Call): AsyncIterable<Claim>;
}

export interface Changing<Seen extends HostSeen> {
  readonly claim: Claim;
  readonly steps: readonly Step<Seen>[];
  readonly ttlSeconds: number;
  /** For messages: `registering app-shop-7.preview.example.com`. */
  readonly doing: string;
}
