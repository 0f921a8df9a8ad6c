import type { DataAsked } from './data/asked.ts';

/** What one benchmark found: rows for people, the first of them the heading, and numbers for machines. */
export interface Report {
  readonly table: readonly (readonly string[])[];
  readonly json: Readonly<Record<string, unknown>>;
}

export interface BenchOptions {
  /** How often each is measured, in turn; medians count. */
  readonly rounds: number;
  /** Whether somebody said how many; missing: it is what is usual. */
  readonly roundsSaid?: boolean;
  /** Of staging data, where there is any. */
  readonly megabytes: number;
  /** What the bench of data is asked for. */
  readonly data: DataAsked;
}

export interface Bench {
  readonly name: string;
  /** It takes root and many minutes, so it is not one of "all". */
  readonly onlyByName?: boolean;
  run(options: BenchOptions): Promise<Report>;
}

/** This machine cannot, or was told to stop: the message is all that there is to say. */
export class CannotMeasure extends Error {
  override readonly name = 'CannotMeasure';
}
