import { WizardError } from '../../domain/wizard-error.ts';
import type { Secret, Secrets } from '../../kit/secret.ts';
import { countMysqlRows, readMysqlSchema } from './read-mysql-schema.ts';
import { countPostgresRows, readPostgresSchema } from './read-postgres-schema.ts';
import type { Schema } from './schema.ts';
import type { DatabasePlace } from './schema-spec.ts';

/** The tables and views of a database as they are now. */
export function readSchema(place: DatabasePlace, secrets: Secrets, signal: AbortSignal): Promise<Schema> {
  const read = place.engine === 'postgres' ? readPostgresSchema : readMysqlSchema;
  return read(place, passwordOf(secrets, place), signal);
}

/** About how many rows these tables have; some may be missing. */
export async function countRows(
  place: DatabasePlace,
  secrets: Secrets,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (tables.length === 0) return new Map();
  const count = place.engine === 'postgres' ? countPostgresRows : countMysqlRows;
  return count(place, passwordOf(secrets, place), tables, signal);
}

function passwordOf(secrets: Secrets, { password }: DatabasePlace): Secret {
  const secret = secrets[password.secret];
  if (secret) return secret;
  throw new WizardError(`looking at the schema of a database: there is no secret called ${password.secret}`, {
    code: 'schema-changes/unknown-secret',
    remedy: 'fix-setup',
    hint: `Add ${password.secret} to the secrets of wizard.yml.`,
  });
}
