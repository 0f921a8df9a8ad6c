import type { Claim, EnvironmentId } from '../domain/claim.ts';
import type { Resource } from '../domain/resource.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { ResourceJournal } from '../ports/store.ts';
import { asking, type Database, fromJson, optionalJson, orMissing, toJson } from './database.ts';
import type { ResourceRow } from './schema.ts';

export function resourceJournal({ durable, relaxed }: Database): ResourceJournal {
  return {
    of: (environment) =>
      asking(`reading the resources of ${environment}`, async () => {
        const rows = await relaxed
          .selectFrom('resources')
          .selectAll()
          .where('environment_id', '=', environment)
          .orderBy('role')
          .execute();
        return rows.map(resourceOf);
      }),
    intend: (resource) =>
      asking(`writing down what ${resource.environment} is about to make`, async () => {
        const row = rowOf(resource);
        const written = await durable
          .insertInto('resources')
          .values(row)
          .onConflict((conflict) =>
            conflict
              .columns(['environment_id', 'role'])
              .doUpdateSet(row)
              .where('resources.generation', '<=', resource.generation),
          )
          .returning('generation')
          .executeTakeFirst();
        if (!written) throw overtaken(resource);
      }),
    note: (environment, role, fields) =>
      asking(`writing down what was seen of ${environment}`, async () => {
        if (Object.keys(fields).length === 0) return;
        await relaxed
          .updateTable('resources')
          .set(rowFieldsOf(fields))
          .where('environment_id', '=', environment)
          .where('role', '=', role)
          .execute();
      }),
    live: () =>
      asking('reading the resources', async () => {
        const rows = await relaxed
          .selectFrom('resources')
          .select(['environment_id', 'role', 'generation'])
          .where('gone_at', 'is', null)
          .execute();
        return rows.map((row) => ({
          environment: row.environment_id as EnvironmentId,
          role: row.role,
          generation: row.generation,
        }));
      }),
    adopt: (claim, kind, at) =>
      asking(`adopting a resource of ${claim.environment}`, () => adopt(durable, claim, kind, at)),
    prune: (before) =>
      asking('forgetting old resources', async () => {
        await relaxed.deleteFrom('resources').where('gone_at', '<', before).execute();
      }),
  };
}

const overtaken = ({ environment, role, generation }: Resource): WizardError =>
  new WizardError(`writing down generation ${generation} of ${role} of ${environment}: a later one is known by now`, {
    code: 'store/overtaken',
    remedy: 'try-again',
    hint: 'Nothing to do: it is looked at again with what is known now.',
  });

/** Makes the record, takes it to a higher generation, or revives the same one that was seen gone. */
async function adopt(durable: Database['durable'], claim: Claim, kind: string, at: number): Promise<number> {
  const { environment, role, generation } = claim;
  const row = rowOf({ ...adopted, environment, role, generation, kind, intendedAt: at, acknowledgedAt: at });
  const { acknowledged_at, intended_at, status, note, gone_at } = row;
  const changed = await durable
    .insertInto('resources')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['environment_id', 'role'])
        .doUpdateSet({ generation, acknowledged_at, intended_at, status, note, gone_at, parked: null, not_before: 0 })
        .where((known) =>
          known.or([
            known('resources.generation', '<', generation),
            known.and([known('resources.generation', '=', generation), known('resources.gone_at', 'is not', null)]),
          ]),
        ),
    )
    .returning('generation')
    .executeTakeFirst();
  if (changed) return changed.generation;
  const kept = await durable
    .selectFrom('resources')
    .select('generation')
    .where('environment_id', '=', environment)
    .where('role', '=', role)
    .executeTakeFirst();
  return kept?.generation ?? generation;
}

const adopted: Omit<Resource, 'environment' | 'role' | 'generation' | 'kind' | 'intendedAt' | 'acknowledgedAt'> = {
  spec: {},
  needs: [],
  status: 'arriving',
  note: 'found, not in our records',
  facts: {},
  readyAt: undefined,
  goneAt: undefined,
  replaced: 0,
  failures: 0,
  notBefore: 0,
  parked: undefined,
};

const columns: { readonly [Field in keyof Resource]-?: (value: Resource[Field]) => Partial<ResourceRow> } = {
  environment: (value) => ({ environment_id: value }),
  role: (value) => ({ role: value }),
  kind: (value) => ({ kind: value }),
  generation: (value) => ({ generation: value }),
  spec: (value) => ({ spec: toJson(value) }),
  needs: (value) => ({ needs: toJson(value) }),
  intendedAt: (value) => ({ intended_at: value }),
  acknowledgedAt: (value) => ({ acknowledged_at: value ?? null }),
  status: (value) => ({ status: value }),
  note: (value) => ({ note: value }),
  facts: (value) => ({ facts: toJson(value) }),
  readyAt: (value) => ({ ready_at: value ?? null }),
  goneAt: (value) => ({ gone_at: value ?? null }),
  replaced: (value) => ({ replaced: value }),
  failures: (value) => ({ failures: value }),
  notBefore: (value) => ({ not_before: value }),
  parked: (value) => ({ parked: value === undefined ? null : toJson(value) }),
};

const column = (name: keyof Resource, value: unknown): Partial<ResourceRow> =>
  (columns[name] as (value: unknown) => Partial<ResourceRow>)(value);

function rowFieldsOf(fields: Partial<Resource>): Partial<ResourceRow> {
  return Object.assign({}, ...Object.entries(fields).map(([name, value]) => column(name as keyof Resource, value)));
}

const rowOf = (resource: Resource): ResourceRow => rowFieldsOf(resource) as ResourceRow;

const resourceOf = (row: ResourceRow): Resource => ({
  environment: row.environment_id as EnvironmentId,
  role: row.role,
  kind: row.kind,
  generation: row.generation,
  spec: fromJson(row.spec),
  needs: fromJson(row.needs),
  intendedAt: row.intended_at,
  acknowledgedAt: orMissing(row.acknowledged_at),
  status: row.status as Resource['status'],
  note: row.note,
  facts: fromJson(row.facts),
  readyAt: orMissing(row.ready_at),
  goneAt: orMissing(row.gone_at),
  replaced: row.replaced,
  failures: row.failures,
  notBefore: row.not_before,
  parked: optionalJson(row.parked),
});
