import type { EnvironmentId } from './claim.ts';
import type { JsonObject } from './json.ts';
import type { Remedy } from './wizard-error.ts';

/** Our journal of one resource: what we last told the outside to make, what it said, and what we last saw. */
export interface Resource {
  readonly environment: EnvironmentId;
  readonly role: string;
  readonly kind: string;
  readonly generation: number;
  /** As it was sent; a retry replays this one, and teardown uses it. */
  readonly spec: JsonObject;
  /** Roles that what is there stands on: they are not destroyed before it. */
  readonly needs: readonly string[];
  /** Written before the create, and before an update. */
  readonly intendedAt: number;
  /** Missing: the create was never answered. */
  readonly acknowledgedAt: number | undefined;
  readonly status: 'absent' | 'arriving' | 'ready' | 'broken' | 'leaving';
  readonly note: string;
  readonly facts: JsonObject;
  /** First seen ready in this generation. */
  readonly readyAt: number | undefined;
  /** Seen absent after we wanted it gone, or after it was lost: the end of this generation. */
  readonly goneAt: number | undefined;
  /** Of this role: how often a broken one was replaced since its spec last changed. `owedTry`: it rested, and is to be tried once more. */
  readonly replaced: number;
  /** Calls that failed in a row. */
  readonly failures: number;
  /** Not to be touched before this time. */
  readonly notBefore: number;
  readonly parked: Parked | undefined;
}

/** As `replaced`: whatever is wrong with it, the next move is to make it anew. */
export const owedTry = -1;

/** Why a resource rests although it is not as it should be. */
export interface Parked {
  readonly remedy: Remedy;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly lastLines: readonly string[];
  readonly at: number;
}
