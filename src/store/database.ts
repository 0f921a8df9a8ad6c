import type { Kysely } from 'kysely';
import { describeError, WizardError } from '../domain/wizard-error.ts';
import type { Tables } from './schema.ts';

/** The same tables twice: `durable` waits for the disk at each commit, `relaxed` does not. */
export interface Database {
  readonly durable: Kysely<Tables>;
  readonly relaxed: Kysely<Tables>;
}

/** Runs `work` and says what we were doing when the database refuses. */
export async function asking<Answer>(doing: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WizardError) throw error;
    if (isFullDisk(error)) throw fullDisk(doing, error);
    throw new WizardError(`${doing}: the database did not take it`, {
      code: 'store/unavailable',
      remedy: 'try-again',
      hint: `See whether the database is down (${describeError(error)}). Nothing acknowledged is lost.`,
      cause: error,
    });
  }
}

/** SQLite's `FULL`, and what it says when its files cannot grow (`IOERR_FSYNC`, `IOERR_SHMSIZE`). */
const fullCodes = [13, 1034, 4874];

export const isFullDisk = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && fullCodes.includes(Number(error.errcode));

export const fullDisk = (doing: string, cause: unknown): WizardError =>
  new WizardError(`${doing}: the disk of the database is full`, {
    code: 'store/full',
    remedy: 'fix-setup',
    hint: 'Make room on the disk of the data directory. Nothing acknowledged is lost, and it goes on by itself.',
    cause,
  });

/** PostgreSQL's words for two that wrote the same at once, of which one must begin again. SQLite lets one write after the other. */
const contendedCodes = ['23505', '40001', '40P01'];
const mostTries = 5;

/** Does it again when somebody else wrote the same at that moment: then it sees what they wrote. */
export async function untilAlone<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const contended = error instanceof Error && 'code' in error && contendedCodes.includes(String(error.code));
      if (!contended || tries >= mostTries) throw error;
    }
  }
}

export const fromJson = <Value>(text: string): Value => JSON.parse(text) as Value;
export const optionalJson = <Value>(text: string | null): Value | undefined =>
  text === null ? undefined : fromJson<Value>(text);
export const toJson = (value: unknown): string => JSON.stringify(value);
export const orNull = <Value>(value: Value | undefined): Value | null => value ?? null;
export const orMissing = <Value>(value: Value | null): Value | undefined => value ?? undefined;
