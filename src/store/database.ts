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
    throw new WizardError(`${doing}: the database did not take it`, {
      code: 'store/unavailable',
      remedy: 'try-again',
      hint: `See whether the disk is full or the database down (${describeError(error)}). Nothing acknowledged is lost.`,
      cause: error,
    });
  }
}

export const fromJson = <Value>(text: string): Value => JSON.parse(text) as Value;
export const optionalJson = <Value>(text: string | null): Value | undefined =>
  text === null ? undefined : fromJson<Value>(text);
export const toJson = (value: unknown): string => JSON.stringify(value);
export const orNull = <Value>(value: Value | undefined): Value | null => value ?? null;
export const orMissing = <Value>(value: Value | null): Value | undefined => value ?? undefined;
