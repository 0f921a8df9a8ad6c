import type { JsonObject } from './json.ts';
import { codeOf, describeError, hintOf, type Remedy, remedyOf } from './wizard-error.ts';

/** One way in which what is there differs from what was asked for; shown to people. */
export interface Difference {
  /** Of the spec, by its own name there. */
  readonly field: string;
  readonly want: string;
  readonly have: string;
}

/** What is known of something broken. */
export interface Breakage {
  readonly note: string;
  /** Whether making it anew may help (`try-again`), or only new input will (`change-input`). */
  readonly remedy: Remedy;
  /** As of an error; missing: `KIND/broken`. */
  readonly code?: string;
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string;
  /** What its log ended with. */
  readonly lastLines?: readonly string[];
}

/**
 * What a driver sees when it looks at one resource. `lookAgainMs` is a hint for things that send no event. Where something that is
 * not ready can be changed on its way, `drift` says that it was asked for something else: then it is updated and not waited for.
 */
export type Observation<Facts = JsonObject> =
  | { readonly is: 'absent' }
  | {
      readonly is: 'arriving';
      readonly note: string;
      readonly lookAgainMs: number;
      readonly drift?: readonly Difference[];
    }
  | { readonly is: 'ready'; readonly facts: Facts; readonly drift: readonly Difference[] }
  | ({ readonly is: 'broken'; readonly drift?: readonly Difference[] } & Breakage)
  | { readonly is: 'leaving'; readonly note: string; readonly lookAgainMs: number };

/** What an error says of a thing. One that nobody gave a code has none here either. */
export function breakageOf(error: unknown): Breakage {
  const code = codeOf(error);
  const hint = hintOf(error);
  return {
    note: describeError(error),
    remedy: remedyOf(error),
    ...(code === 'unexpected/error' ? {} : { code }),
    ...(hint === undefined ? {} : { hint }),
  };
}

export interface DriverTraits {
  /** How long after an acknowledged create the outside may still say "absent" (cloud listings lag). 0 for things on this machine. */
  readonly visibleAfterMs: number;
  /** How long after a lost answer a create may still take effect. */
  readonly lateMs: number;
  /** How often to look at a ready resource from which nothing was heard. */
  readonly lookEveryMs: number;
  /** How long after a create it is looked at unasked, of a driver that tells when something is ready or ended. Missing: at once. */
  readonly firstLookMs?: number;
  /** `cheap`: one that was ready and broke is made anew with back-off, without end (a process). `costly`: at most twice a commit (a machine). */
  readonly replacing: 'cheap' | 'costly';
}
