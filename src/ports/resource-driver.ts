import type { Claim } from '../domain/claim.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Remedy } from '../domain/wizard-error.ts';
import type { Call } from './call.ts';

/** One way in which what is there differs from what was asked for; shown to people. */
export interface Difference {
  readonly field: string;
  readonly want: string;
  readonly have: string;
}

/** What a driver sees when it looks at one resource. `lookAgainMs` is a hint for things that send no event. */
export type Observation<Facts = JsonObject> =
  | { readonly is: 'absent' }
  | { readonly is: 'arriving'; readonly note: string; readonly lookAgainMs: number }
  | { readonly is: 'ready'; readonly facts: Facts; readonly drift: readonly Difference[] }
  /** `remedy` says whether making it anew may help (`try-again`) or only new input will (`change-input`). `lastLines` is what its log ended with. */
  | { readonly is: 'broken'; readonly note: string; readonly remedy: Remedy; readonly lastLines?: readonly string[] }
  | { readonly is: 'leaving'; readonly note: string; readonly lookAgainMs: number };

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
}

export interface DriverTraits {
  /** How long after an acknowledged create the outside may still say "absent" (cloud listings lag). 0 for things on this machine. */
  readonly visibleAfterMs: number;
  /** How long after a lost answer a create may still take effect. */
  readonly lateMs: number;
  /** How often to look at a ready resource that sends no events. */
  readonly lookEveryMs: number;
  /** `cheap`: one that was ready and broke is made anew with back-off, without end (a process). `costly`: at most twice a commit (a machine). */
  readonly replacing: 'cheap' | 'costly';
}

/** What a driver is opened with. `changed` is how it tells the loop of an event at once. */
export interface DriverShared {
  readonly changed: (claim: Pick<Claim, 'environment' | 'role'>) => void;
}
