import type { GoldenLock } from '../../kit/golden/golden-lock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BakingFolder } from './baking-folder.ts';
import type { MaskRule } from './golden-source.ts';
import type { PrivateServer } from './private-server.ts';
import type { ProgramCall, Programs } from './programs.ts';

export type Rows = readonly (readonly (string | null)[])[];

/** One connection to the private server, as its superuser. */
export interface Session {
  query(sql: string): Promise<Rows>;
  close(): Promise<void>;
}

/** Where a bake works. */
export interface BakeRoom {
  readonly folder: BakingFolder;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Table {
  readonly schema: string;
  readonly name: string;
}

export type ColumnKind = 'text' | 'bytes' | 'integer' | 'big' | 'number' | 'date' | 'uuid' | 'json' | 'other';

export interface Column {
  readonly table: Table;
  readonly name: string;
  readonly kind: ColumnKind;
  /** Most letters or bytes; missing: as many as you like. */
  readonly length?: number;
  readonly nullable: boolean;
  /** The server computes it. */
  readonly computed: boolean;
  /** The server changes it at each change of the row. */
  readonly touched: boolean;
}

/** A value as it was before masking. */
export interface Original {
  readonly text: string;
  /** The bytes that the server keeps for it. */
  readonly bytes: Buffer;
}

/** What differs between the families of servers. */
export interface EngineFamily {
  /** Fills the empty data folder. */
  initialise(room: BakeRoom): Promise<void>;
  /** `load`: for a lot of writing; `last`: as clones will start it. Answers once it serves. */
  start(room: BakeRoom, profile: 'load' | 'last'): Promise<PrivateServer>;
  session(room: BakeRoom, database?: string): Promise<Session>;
  /** A client that reads SQL; `dump`: bytes as they are; `script`: as a person would write it, nothing behind its back. */
  client(room: BakeRoom, database: string, what: 'dump' | 'script'): ProgramCall;
  createDatabase(session: Session, name: string): Promise<void>;
  /** All databases that hold tables of people's. */
  filledDatabases(room: BakeRoom, session: Session): Promise<readonly string[]>;
  renameDatabase(room: BakeRoom, from: string, to: string): Promise<void>;
  tables(session: Session): Promise<readonly Table[]>;
  columns(session: Session): Promise<readonly Column[]>;
  quoted(table: Table): string;
  column(name: string): string;
  /** Takes all rows out. */
  empty(session: Session, table: Table): Promise<void>;
  /** Leaves so many rows, those with the highest key. */
  keepNewest(session: Session, table: Table, rows: number): Promise<void>;
  /** Some rows, texts cut to 200 letters. */
  some(session: Session, table: Table, columns: readonly Column[], rows: number): Promise<Rows>;
  /** Values of a column in which something is, wherever in the table, cut to 200 letters. */
  filled(session: Session, column: Column, rows: number): Promise<readonly string[]>;
  /** Several hundred values of a column, picked by chance all over the table. */
  originals(session: Session, column: Column): Promise<readonly Original[]>;
  /** Which of these texts, that `originals` told, still begin a value of the column. */
  held(session: Session, column: Column, texts: readonly string[]): Promise<ReadonlySet<string>>;
  /** An expression that gives a column its masked value, or why there is none. */
  masked(
    column: Column,
    rule: Exclude<MaskRule, 'keep'>,
    key: string,
  ): { readonly sql: string } | { readonly not: string };
  /** Nothing acts on a change by itself from here on, in this session and in clients; the answer undoes that. */
  quiet(session: Session): Promise<() => Promise<void>>;
  /** Sets columns of all rows; `touched` ones stay as they are. */
  rewrite(session: Session, table: Table, sets: ReadonlyMap<string, string>, touched: readonly string[]): Promise<void>;
  /** Writes the tables anew, so that what was in them is in no file of theirs. */
  rebuild(session: Session, tables: readonly Table[]): Promise<void>;
  /** What dumps leave for a server to have, and what it should know before it is asked. */
  settle(session: Session, database: string): Promise<void>;
  /** Which table a file of the data folder belongs to: `shop/users.ibd` → `users`. Missing: to none of people's. */
  tableFiles(session: Session, database: string): Promise<(file: string) => string | undefined>;
  /** With the last server running: from here on only a keeper signs in to the data. Missing: each clone does that for itself. */
  lock?(room: BakeRoom, database: string): Promise<GoldenLock>;
  /** With the server stopped: takes away logs and what belongs to one server only. */
  trim(room: BakeRoom): Promise<void>;
}
