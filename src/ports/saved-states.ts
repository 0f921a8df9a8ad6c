import type { Claim, EnvironmentId } from '../domain/claim.ts';
import type { Call } from './call.ts';

/** What a saved state was taken from, for people. */
export interface SavedFrom {
  readonly by: string;
  readonly environment: EnvironmentId;
  /** Of the recipe: `db`. */
  readonly service: string;
  /** `owner/shop#7` */
  readonly pull: string;
  /** The commit that served then; missing: none did. */
  readonly sha?: string;
}

/** A state of a database that somebody saved: it is there until somebody says `forget`, whatever becomes of its environment. */
export interface SavedState {
  readonly name: string;
  readonly engine: 'mariadb' | 'mysql' | 'postgres';
  readonly serverVersion: string;
  /** The data source and version that its environment had begun with; '' where that began empty. */
  readonly source: string;
  readonly version: string;
  /** Whether what it began with holds nothing personal. */
  readonly masked: boolean;
  /** Of all its files; they may share most of it with the golden copy. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** How long the database did not serve meanwhile. */
  readonly stoodStillMs: number;
  readonly from: SavedFrom;
}

/** A try to save. Those that failed are known until the server ends. */
export type SaveView =
  | { readonly name: string; readonly is: 'saving'; readonly from: SavedFrom }
  | { readonly name: string; readonly is: 'saved'; readonly state: SavedState }
  | {
      readonly name: string;
      readonly is: 'failed';
      readonly from: SavedFrom;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    };

export interface StateAsked {
  readonly name: string;
  /** Which of its databases; missing: the only one. */
  readonly service?: string | undefined;
}

/** Saved states as people see them. Unknown names throw `request/unknown-saved-state`. */
export interface SavedStates {
  list(): Promise<readonly SaveView[]>;
  find(name: string): Promise<SaveView>;
  /** Begins to save; `find` tells how it goes. Names that are taken, and databases that do not serve, are refused. */
  save(id: EnvironmentId, asked: StateAsked, by: string): Promise<SaveView>;
  /** Gives the environment a copy of it instead of its data, beside it, until `reset-data`. */
  load(id: EnvironmentId, asked: StateAsked, by: string): Promise<void>;
  forget(name: string, by: string): Promise<void>;
}

/**
 * Keeps states of databases. Laws: a state that can be seen is whole; a save that is cut short, wherever, leaves none, and the database
 * serves again afterwards; what was cloned from a state stays as it is when the state goes.
 */
export interface StateKeeper {
  /** Throws `data/saved-taken` for a name that is there, `database/busy` for a database that does not serve. */
  save(claim: Claim, about: { readonly name: string; readonly from: SavedFrom }, call: Call): Promise<SavedState>;
  list(): Promise<readonly SavedState[]>;
  find(name: string): Promise<SavedState | undefined>;
  /** Throws `data/saved-in-use` where a clone cannot do without it. */
  remove(name: string): Promise<void>;
}
