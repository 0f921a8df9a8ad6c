import type { BenchEngine, Import, Way } from './asked.ts';

/** Milliseconds each, unless a name says otherwise; empty where it was not asked for. */
export interface Measured {
  readonly engine: BenchEngine;
  readonly serverVersion: string;
  /** How clones were made. */
  readonly method: string;
  readonly sizes: readonly MeasuredSize[];
  /** Megabytes of the size that all below is of. */
  readonly reference: number;
  /** The same server by hand on an empty data folder, until it answers. */
  readonly emptyStart: readonly number[];
  /** An empty database, made for an environment like every other, until it answers. */
  readonly ownEmpty: readonly number[];
  /** A spare, until the application's query was answered. */
  readonly handOut: readonly number[];
  /** Twenty clones begun at once, until the last of them answered. */
  readonly twentyAtOnce: readonly number[];
  readonly idleMemoryMb: readonly number[];
  /** Room of its own that a clone takes, as a share of the data: untouched; after its newest hundredth was changed, row by row; the same in one statement a table; after
   * each hundredth row of the largest table. */
  readonly diskShares:
    | { readonly untouched: number; readonly newest: number; readonly atOnce: number; readonly scattered: number }
    | undefined;
  readonly updates: { readonly clone: Updates; readonly copy: Updates } | undefined;
  readonly docker: { readonly clone: readonly number[]; readonly emptyStart: readonly number[] } | undefined;
}

export interface MeasuredSize {
  readonly megabytes: number;
  readonly bytes: number;
  readonly dumpBytes: number;
  /** Until the environment's own server answered a query on its own data. */
  readonly untilFirstRow: Readonly<Record<Import | 'copy' | 'clone', readonly number[]>>;
}

export interface Updates {
  /** The first UPDATE on the largest table. */
  readonly first: readonly number[];
  /** Each of many at random. */
  readonly random: readonly number[];
}

export type TimedWay = Exclude<Way, 'docker'>;
