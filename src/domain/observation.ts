import type { JsonObject } from './json.ts';
import type { Remedy } from './wizard-error.ts';

/** One way in which what is there differs from what was asked for; shown to people. */
export interface Difference {
  /** Of the spec, by its own name there. */
  readonly field: string;
  readonly want: string;
  readonly have: string;
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
  /** `remedy` says whether making it anew may help (`try-again`) or only new input will (`change-input`). `lastLines` is what its log ended with. */
  | {
      readonly is: 'broken';
      readonly note: string;
      readonly remedy: Remedy;
      readonly lastLines?: readonly string[];
      readonly drift?: readonly Difference[];
    }
  | { readonly is: 'leaving'; readonly note: string; readonly lookAgainMs: number };

export interface DriverTraits {
  /** How long after an acknowledged create the outside may still say "absent" (cloud listings lag). 0 for things on this machine. */
  readonly visibleAfterMs: number;
  /** How long after a lost answer a create may still take effect. */
  readonly lateMs: number;
  /** How often to look at a ready resource from which nothing was heard. */
  readonly lookEveryMs: number;
  /** `cheap`: one that was ready and broke is made anew with back-off, without end (a process). `costly`: at most twice a commit (a machine). */
  readonly replacing: 'cheap' | 'costly';
}
