import { type EnvironmentId, plainRole } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import { isLive } from '../domain/phase.ts';
import type { Resource } from '../domain/resource.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { Store } from '../ports/store.ts';

export interface FoundDatabase {
  readonly environment: Environment;
  readonly database: Resource;
}

/** The database that people mean by a service of an environment, or by nothing where it has only one. The newest that is ready. */
export async function databaseOf(
  store: Pick<Store, 'environments' | 'resources'>,
  id: EnvironmentId,
  service: string | undefined,
): Promise<FoundDatabase> {
  const environment = await store.environments.find(id);
  const all = (await store.resources.of(id)).filter(
    (one) => one.kind === 'database' && isLive(one) && one.readyAt !== undefined,
  );
  const names = [...new Set(all.map(({ role }) => plainRole(role)))].sort();
  if (!environment || names.length === 0) throw noDatabase(id);
  const name = service ?? (names.length === 1 ? names[0] : undefined);
  const mine = all.filter(({ role }) => plainRole(role) === name);
  const [database] = mine.sort((a, b) => (b.readyAt ?? 0) - (a.readyAt ?? 0));
  if (database) return { environment, database };
  throw whichDatabase(id, service, names);
}

const noDatabase = (id: string): WizardError =>
  new WizardError(`looking for the database of ${id}: it has none of its own that is ready`, {
    code: 'data/no-database',
    remedy: 'change-input',
    hint: 'States are of databases under `services`, in environments of processes. Files under `data`, and services of machines, have none.',
  });

const whichDatabase = (id: string, asked: string | undefined, names: readonly string[]): WizardError =>
  new WizardError(
    asked === undefined
      ? `looking for the database of ${id}: it has several`
      : `looking for the database ${asked} of ${id}: there is none of that name that is ready`,
    {
      code: 'data/which-database',
      remedy: 'change-input',
      hint: `Say which with --service: ${names.join(', ')}.`,
    },
  );
