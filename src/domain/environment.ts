import type { EnvironmentId } from './claim.ts';
import type { PullRequest, RepositoryRef } from './pull-request.ts';

/** What people asked of one environment, beside what its pull request asks. */
export interface Choices {
  /** Counted up by `redeploy`, and when what serves lost its footing: the commit is built and started anew, beside the old. */
  readonly redeploys: number;
  /** Counted up by `reset-data`, and when the data was lost under what serves: a fresh copy of the golden data. */
  readonly dataEdition: number;
  /** Stays at this commit whatever is pushed, until unpinned or closed. */
  readonly pinnedSha?: string;
  /** Taken away by hand while the pull request is open; ends with `redeploy` or when it is closed. */
  readonly heldGone: boolean;
  /** What runs is stopped and its data kept, until somebody wakes it or something is pushed. Missing: awake. */
  readonly asleep?: boolean;
  /** Service → the saved state that its database begins with, until `reset-data`. */
  readonly checkpoints?: Readonly<Record<string, Checkpoint>>;
  /** Counted up by each `load`. Missing: never. */
  readonly loads?: number;
  readonly approval?: Approval;
  /** When we ourselves last counted one of them up. */
  readonly renewed?: Readonly<Partial<Record<Edition, number>>>;
}

/** What can be counted up so that a part of the plan is made anew, beside what is there. */
export type Edition = 'redeploys' | 'dataEdition';

/** A saved state that was loaded into one database. */
export interface Checkpoint {
  readonly name: string;
  /** Of the data source that it was saved from, '' for a database that began empty; it is not used for another. */
  readonly source: string;
  readonly version: string;
  /** `loads` when it was loaded: the same name loaded again is other data. */
  readonly load: number;
}

/** Binds one commit: a later push needs a new one. */
export interface Approval {
  readonly sha: string;
  readonly by: string;
  readonly at: number;
}

export const noChoices: Choices = { redeploys: 0, dataEdition: 0, heldGone: false };

/**
 * `waiting` not wanted yet (approval, label, draft) · `building` on its way, nothing live · `live` the wanted commit serves ·
 * `updating` an older one serves, the wanted one is coming · `failed` parked · `asleep` stopped, its data kept · `closing` · `closed` seen gone.
 */
export type Phase = 'waiting' | 'building' | 'live' | 'updating' | 'failed' | 'asleep' | 'closing' | 'closed';

/** The record of one environment. It outlives all that it describes: it goes last. */
export interface Environment {
  readonly id: EnvironmentId;
  readonly repository: RepositoryRef;
  /** 0 for what the sweep found and no pull request claims. */
  readonly number: number;
  /** Endpoint → host name. Fixed for life. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Counts what made us look (webhook, watch, people); `observed` follows it. Unequal means dirty. */
  readonly requested: number;
  readonly observed: number;
  readonly pull: PullRequest | undefined;
  readonly choices: Choices;
  readonly phase: Phase;
  /** Why it is in this phase, for people. */
  readonly because: string;
  readonly phaseSince: number;
  readonly createdAt: number;
  /** When the commit wanted now was first wanted: what "took 12 s" is counted from. */
  readonly wantedSince: number;
  readonly liveSha: string | undefined;
  readonly closedAt: number | undefined;
  readonly receipt: Receipt | undefined;
}

/** Proof that nothing is left: each resource, and when it was seen absent. */
export interface Receipt {
  readonly openedAt: number;
  readonly closedAt: number;
  readonly resources: readonly {
    readonly role: string;
    readonly kind: string;
    readonly madeAt: number;
    readonly goneAt: number;
  }[];
}
