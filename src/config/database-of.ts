import { Secret } from '../kit/secret.ts';
import type { Config } from './config.ts';
import type { Outside } from './outside.ts';

/** Which database is used: the one of `wizard.yml`, else that of `DATABASE_URL`, else a file in the data directory. */
export function databaseOf(
  inFile: Secret | undefined,
  env: Outside['env'],
): Pick<Config, 'databaseBecause'> & { readonly database?: Secret } {
  const inEnvironment = env['DATABASE_URL'] || undefined;
  if (inFile) {
    const other = inEnvironment !== undefined && inEnvironment !== inFile.reveal();
    const aside = other ? '; DATABASE_URL names another one and is not used' : '';
    return { database: inFile, databaseBecause: `PostgreSQL, by "database" of wizard.yml${aside}` };
  }
  if (inEnvironment !== undefined)
    return {
      database: new Secret(inEnvironment),
      databaseBecause: 'PostgreSQL, by the environment variable DATABASE_URL',
    };
  return { databaseBecause: 'a file in the data directory' };
}
