/** Structured, for operators. Events are named `room.what`; secrets never go in. */
export interface Log {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void;
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What every call to the outside carries. A driver stops promptly when `signal` aborts. */
export interface Call {
  readonly signal: AbortSignal;
  readonly log: Log;
}
