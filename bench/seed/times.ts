/** Milliseconds from the webhook, or from the first command, until a step had ended. */
export interface Times {
  readonly totalMs: number;
  readonly steps: Readonly<Record<string, number>>;
}
