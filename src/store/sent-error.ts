import { type ErrorAbout, WizardError } from '../domain/wizard-error.ts';

/** An error on its way from one thread to another, which takes along no class of ours and none of its details. */
export interface SentError {
  readonly message: string;
  readonly about?: Omit<ErrorAbout, 'cause'>;
  /** Of SQLite and of the system. */
  readonly details: { readonly code?: unknown; readonly errcode?: unknown };
  readonly cause?: SentError;
}

export function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error), details: {} };
  const cause = error.cause === undefined ? {} : { cause: sentError(error.cause) };
  if (!(error instanceof WizardError)) {
    const { code, errcode } = error as { code?: unknown; errcode?: unknown };
    return { message: error.message, details: { code, errcode }, ...cause };
  }
  const { message, code, remedy, hint, afterMs } = error;
  const about = {
    code,
    remedy,
    ...(hint === undefined ? {} : { hint }),
    ...(afterMs === undefined ? {} : { afterMs }),
  };
  return { message, about, details: {}, ...cause };
}

export function receivedError({ message, about, details, cause }: SentError): Error {
  const because = cause === undefined ? {} : { cause: receivedError(cause) };
  if (about) return new WizardError(message, { ...about, ...because });
  return Object.assign(new Error(message, because), details);
}
