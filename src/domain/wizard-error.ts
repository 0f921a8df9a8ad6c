/**
 * What the loop must know of a failure:
 * `try-again` back off and repeat · `change-input` park until a new commit or recipe ·
 * `fix-setup` park, tell the operator, look again slowly · `report-bug` park, with the full stack.
 */
export type Remedy = 'try-again' | 'change-input' | 'fix-setup' | 'report-bug';

export interface ErrorAbout {
  /** `room/what`, for example `ec2/quota-exceeded`; stable, listed in the manual. */
  readonly code: string;
  readonly remedy: Remedy;
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** For throttling: do not ask again before this many milliseconds. */
  readonly afterMs?: number;
}

/** The one error class. Its message says what we were doing and what went wrong; causes print as a path. */
export class WizardError extends Error {
  readonly code: string;
  readonly remedy: Remedy;
  readonly hint: string | undefined;
  readonly afterMs: number | undefined;

  constructor(doing: string, about: ErrorAbout) {
    super(doing, about.cause === undefined ? undefined : { cause: about.cause });
    this.name = 'WizardError';
    this.code = about.code;
    this.remedy = about.remedy;
    this.hint = about.hint;
    this.afterMs = about.afterMs;
  }
}

/** `building shop-7: creating machine: vCPU limit reached`: the messages of the chain, joined. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${describeError(error.cause)}`;
  return `${error.message}${cause}`;
}

/** The remedy of the outermost WizardError in the chain; anything unexpected is worth another try. */
export function remedyOf(error: unknown): Remedy {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof WizardError) return at.remedy;
  return 'try-again';
}

export function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof WizardError) return at.code;
  return 'unexpected/error';
}

export function hintOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at instanceof WizardError && at.hint) return at.hint;
  return undefined;
}

export function afterMsOf(error: unknown): number | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (at instanceof WizardError && at.afterMs !== undefined) return at.afterMs;
  return undefined;
}
