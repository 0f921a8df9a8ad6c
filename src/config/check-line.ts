/** One thing that was tried or looked at. A `hint` beside `ok: true` is advice, not a fault. */
export interface CheckLine {
  /** `repository acme/shop` */
  readonly what: string;
  readonly ok: boolean;
  /** Beside `ok: true`: something is not there that only some recipes need, or that helps. */
  readonly lacks?: true;
  readonly message: string;
  readonly hint?: string;
}

export type CheckFound = Omit<CheckLine, 'what'>;

/** Makes an attempt, known by what is tried, and tells somebody how it gets on; answers as the attempt does. */
export type Watch = <T>(what: string, attempt: () => Promise<T>) => Promise<T>;

export const unwatched: Watch = (_what, attempt) => attempt();

/** The operating system's name of an error, such as `ENOENT`. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
