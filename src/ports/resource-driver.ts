import type { Claim } from '../domain/claim.ts';
import type { JsonObject } from '../domain/json.ts';
import type { DriverTraits, Observation } from '../domain/observation.ts';
import type { Call } from './call.ts';

export type { Difference, DriverTraits, Observation } from '../domain/observation.ts';

/** A piece of a resource's log, read from a byte offset. `next` is where to read on. */
export interface LogPiece {
  readonly text: string;
  readonly next: number;
}

/**
 * Answers small questions about one resource. It never decides, retries, notifies or writes to our store.
 *
 * Laws (testing/conformance checks each by name):
 * - Observing what was never made says absent and changes nothing.
 * - Create begins the resource and returns within seconds; only observe reports progress.
 * - Create repeated, or done twice at once, or repeated after a lost answer, is one resource.
 * - Create under a name that has already ended is made again, or refused with a code that ends in `/spent`: the loop then asks for
 *   the next generation.
 * - Destroy begins the end: it works while arriving, twice, and on the absent.
 * - After destroy, observe says leaving or absent and ends absent; then `owned` no longer lists it.
 * - The next generation can be created after the last is gone.
 * - `owned` yields exactly our claims, survives paging, and never a stranger's resource.
 * - Two environments do not see each other.
 * - A changed spec shows as drift; `update` ends it, or the method is missing.
 * - Something deleted behind our back is seen as absent; half-made is broken, never an exception.
 * - Calls return promptly; an aborted signal rejects promptly and leaves a state that can be observed.
 * - Facts survive JSON and hold no secret.
 * - The longest and strangest legal names work.
 */
export interface ResourceDriver<Spec = JsonObject, Facts = JsonObject> {
  /** As in the plan: `process`, `data-files`. */
  readonly kind: string;
  readonly traits: DriverTraits;
  observe(claim: Claim, spec: Spec, call: Call): Promise<Observation<Facts>>;
  create(claim: Claim, spec: Spec, call: Call): Promise<void>;
  destroy(claim: Claim, call: Call): Promise<void>;
  /** All that bears our label, known or not. It throws rather than yield a short list. */
  owned(call: Call): AsyncIterable<Claim>;
  /** Missing: a changed spec means destroy and create. */
  update?(claim: Claim, spec: Spec, call: Call): Promise<void>;
  /** Missing: this kind keeps no log. */
  readLog?(claim: Claim, from: number, call: Call): Promise<LogPiece>;
  /** Bytes that it takes for itself, what it shares with others not counted; may take seconds. Missing: nobody wants to know. */
  diskUse?(claim: Claim): Promise<{ readonly own: number } | undefined>;
}

/** What a driver is opened with. `changed` is how it tells the loop of an event at once. */
export interface DriverShared {
  readonly changed: (claim: Pick<Claim, 'environment' | 'role'>) => void;
}
