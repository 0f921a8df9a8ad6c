import type { Call, Log } from './call.ts';
import type { LogPiece } from './resource-driver.ts';

export type BakeState = 'running' | 'complete' | 'failed' | 'interrupted';

/** One try to bake a data source. */
export interface BakeView {
  readonly id: string;
  readonly state: BakeState;
  /** Who asked: a name, `schedule`, or an environment's first use. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Missing while it runs, and when the server died meanwhile. */
  readonly endedAt?: number;
  /** What it is at, a few words; only while it runs. */
  readonly doing?: string;
  /** Of the complete: the tag of its image, the name of its golden copy. */
  readonly version?: string;
  /** Of the complete: what its files take. */
  readonly bytes?: number;
  readonly failure?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly lastLines: readonly string[];
  };
}

/** A golden copy on this machine. */
export interface GoldenCopyView {
  readonly version: string;
  /** `files`: of no server. */
  readonly engine: string;
  readonly serverVersion: string;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  /** Of all its files. */
  readonly bytes: number;
  readonly masked: boolean;
  /** Databases and files of environments, and spares, that were cloned from it. */
  readonly clones: number;
}

/** A data source with its versions, for people. */
export interface DataSourceView {
  readonly name: string;
  /** Where its images are pushed to; missing when it has none. */
  readonly image?: string;
  /** Golden copies are made of it. Neither this nor `image`: it is not baked; its dump is loaded, or its files are copied. */
  readonly golden?: boolean;
  readonly schedule?: string;
  readonly timeZone?: string;
  /** When the schedule is due next. Milliseconds since 1970. */
  readonly nextAt?: number;
  /** What new environments get; missing before the first complete bake. */
  readonly current?: string;
  /** Newest first. */
  readonly bakes: readonly BakeView[];
  /** Newest first; missing where it has no golden copies. */
  readonly copies?: readonly GoldenCopyView[];
}

/** Baked data as the API and the plan see it. Unknown sources throw `request/unknown-data-source`. */
export interface DataBakes {
  list(): Promise<readonly DataSourceView[]>;
  find(source: string): Promise<DataSourceView>;
  /** Begins a bake, or answers the one that is under way. Throws `data/not-baked` for a source with neither `bake`, `golden` nor `golden-files`. */
  bake(source: string, by: string): Promise<{ readonly bake: BakeView; readonly begun: boolean }>;
  /** Of one bake; default the newest. `undefined` when it has none. `next` is the byte offset to read on from. */
  readLog(source: string, id: string | undefined, from: number): Promise<(LogPiece & { id: string }) | undefined>;
  /** The newest complete version. None yet: begins a bake and throws `data/baking`; when that failed, `data/bake-failed`. */
  version(source: string): Promise<string>;
}

export interface BakeOrder {
  readonly source: string;
  /** Begins its version: `20261124T000143Z`. */
  readonly stamp: string;
  /** All of it, where another baker made it up. */
  readonly version?: string;
}

export interface BakedImage {
  readonly version: string;
  /** What its files take. */
  readonly bytes: number;
  readonly digest?: string;
}

export interface BakeCall extends Call {
  readonly log: Log;
  /** What it is at, a few words for people; shown until the next. */
  readonly doing: (what: string) => void;
  /** Text for the log of the bake. */
  readonly write: (text: string) => void;
}

/**
 * Makes a copy of a data source that is ready to be used. Laws: the source is only read; what it answers is complete, and where machines
 * find it; when it throws, nothing of the try can be taken for a version; what a killed server left is removed by `sweep`.
 */
export interface DataBaker {
  bake(order: BakeOrder, call: BakeCall): Promise<BakedImage>;
  /** Takes away what tries that were cut off left behind. Called while none of this source is under way. */
  sweep(source: string, call: Call): Promise<void>;
  /** Removes the copies on this machine but those of these versions. */
  keepOnly(source: string, versions: ReadonlySet<string>, call: Call): Promise<void>;
  /** Whether a version that was complete is still to be had; missing: nobody here can tell. */
  isThere?(source: string, version: string): Promise<boolean>;
}
