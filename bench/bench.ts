/** What one benchmark found: rows for people, the first of them the heading, and numbers for machines. */
export interface Report {
  readonly table: readonly (readonly string[])[];
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Bench {
  readonly name: string;
  /** `rounds`: how often each is measured, in turn; medians count. */
  run(options: { readonly rounds: number }): Promise<Report>;
}
