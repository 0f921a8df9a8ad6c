import type { Secret } from '../../../kit/secret.ts';
import type { Shape } from '../database-spec.ts';

/** Where a server finds its things; inside of a container these are not the paths of the machine. */
export interface ServerPaths {
  readonly data: string;
  /** Its socket and its process id. */
  readonly run: string;
  /** What we write for it to read. */
  readonly conf: string;
  /** For what it sorts on disk. */
  readonly temporary: string;
}

export interface ServerAsked {
  readonly paths: ServerPaths;
  readonly port: number;
  /** `127.0.0.1`, or all addresses where a container confines it. */
  readonly address: string;
  readonly shape: Shape;
}

/** How we reach a server as its keeper. */
export interface Keeper {
  /** The folder with its socket, on this machine. */
  readonly run: string;
  readonly port: number;
  readonly password: Secret;
  readonly signal: AbortSignal;
}

/** The account of an environment in its own server. */
export interface Account {
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
}

/** What differs between the families of servers. */
export interface EngineFamily {
  /** What the data folder is called in the official images. */
  readonly containerData: string;
  /** Arguments after the program. */
  argsOf(asked: ServerAsked): readonly string[];
  /** Name → text of the files in `conf`. `first`: on its first start over a clone it lets nobody in but its keeper. */
  filesOf(asked: ServerAsked, first: boolean, keeper: Secret, golden: FirstStart): Readonly<Record<string, string>>;
  /** Signs in once it serves; rejects while it does not. `first`: the keeper has no password of its own yet. */
  enter(keeper: Keeper, first: FirstStart | undefined): Promise<Door>;
  /**
   * Arguments that fill an empty data folder; the first is the program, beside the server's own. `temporary` is a folder for this alone:
   * each MariaDB that starts deletes what lies in one that it shares.
   */
  initialise(data: string, temporary: string): readonly [string, ...string[]];
  /** Folders of the data, where they are there, that every server of this kind begins without: they are cloned meanwhile. */
  readonly later?: readonly string[];
  /** As applications name it: a file, or a folder for PostgreSQL. */
  socketOf(run: string, port: number): string;
  /** File in `run` with the statements that took long; missing: the server says them in its log. */
  readonly statementLog?: string;
  /** Ends it with clients connected, its data in order. */
  readonly stopSignal: NodeJS.Signals;
  /** Ends it at once; what it holds outside of its folder is given back. Missing: a kill is as good. */
  readonly quitSignal?: NodeJS.Signals;
  /** Whether this rejection of `enter` only says that it is not ready yet. */
  isNotYet(error: unknown): boolean;
}

/** A session of the keeper: connecting is the dearest part of what is asked at a start. */
export interface Door {
  /** Of the server. */
  readonly version: string;
  /** At the first start: only the keeper may sign in from here on. `again`: this session is not one of its own, so another has to be begun. */
  lockDown(about: LockDown): Promise<'same' | 'again'>;
  /** Lets the environment in, with these credentials and no others. */
  admit(account: Account): Promise<void>;
  /** Nobody need wait for it. */
  close(): void;
}

export interface LockDown {
  readonly golden: FirstStart;
  /** That the keeper has from now on. */
  readonly password: Secret;
  readonly asked: ServerAsked;
  /** Writes files of `conf` anew. */
  readonly write: (files: Readonly<Record<string, string>>) => void;
}

/** What is known of the data at a server's first start. */
export interface FirstStart {
  readonly serverVersion: string;
  readonly database: string;
  readonly superuser: string;
  /** The keeper's password in data that a bake has locked; missing: anybody of staging could sign in. */
  readonly locked?: Secret | undefined;
}

/** A statement of so many milliseconds is written down: what migrations took long for is shown to people. */
export const longStatementMs = 200;
