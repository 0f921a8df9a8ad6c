import { type Kysely, sql, type Transaction } from 'kysely';
import type { EnvironmentId } from '../domain/claim.ts';
import { type Choices, type Environment, noChoices, type Phase } from '../domain/environment.ts';
import type { RepositoryId } from '../domain/pull-request.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { PullMark } from '../ports/store.ts';
import { asking, type Database, fromJson, optionalJson, orMissing, toJson } from './database.ts';
import type { StoredEnvironments } from './rooms-over.ts';
import type { EnvironmentRow, Tables } from './schema.ts';

export function environmentStore({ durable, relaxed }: Database): StoredEnvironments {
  return {
    mark: (mark, at) =>
      asking('marking a pull request to be looked at', () =>
        durable.transaction().execute((step) => markPull(step, mark, at)),
      ),
    replaceChoices: (before, choices) =>
      asking(`changing what is asked of ${before.id}`, async () => {
        // `requested` grows with every change, so it tells whether somebody was quicker.
        const requested = before.requested + 1;
        const changed = await durable
          .updateTable('environments')
          .set({ choices: toJson(choices), requested })
          .where('id', '=', before.id)
          .where('requested', '=', before.requested)
          .executeTakeFirst();
        return changed.numUpdatedRows > 0n ? { ...before, choices, requested } : undefined;
      }),
    find: (id) =>
      asking(`reading ${id}`, async () => {
        const row = await relaxed.selectFrom('environments').selectAll().where('id', '=', id).executeTakeFirst();
        return row && environmentOf(row);
      }),
    list: () =>
      asking('reading the environments', async () =>
        (await relaxed.selectFrom('environments').selectAll().orderBy('created_at').orderBy('id').execute()).map(
          environmentOf,
        ),
      ),
    listWaiting: () =>
      asking('reading which environments wait for a look', async () => {
        const rows = await relaxed
          .selectFrom('environments')
          .select('id')
          .where((row) =>
            row.or([
              row('requested', '<>', row.ref('observed')),
              row.and([
                row('number', '=', 0),
                row.or([
                  row('phase', '<>', 'closed'),
                  row('id', 'in', row.selectFrom('resources').select('environment_id').where('gone_at', 'is', null)),
                ]),
              ]),
            ]),
          )
          .execute();
        return rows.map(({ id }) => id as EnvironmentId);
      }),
    update: (id, fields) =>
      asking(`writing ${id}`, async () => {
        if (Object.keys(fields).length === 0) return;
        await relaxed.updateTable('environments').set(rowFieldsOf(fields)).where('id', '=', id).execute();
      }),
    prune: (before) =>
      asking('forgetting old environments', () =>
        // In one piece: what is reopened meanwhile must not lose what it is about to make.
        relaxed.transaction().execute((step) => pruneClosed(step, before)),
      ),
    adoptOrphan: (id, at) =>
      asking(`adopting ${id}`, async () => {
        const row = newRow(id, { repository: { id: '' as RepositoryId, name: '' }, number: 0, ids: [id] }, at);
        await durable
          .insertInto('environments')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
      }),
  };
}

async function pruneClosed(step: Transaction<Tables>, before: number): Promise<number> {
  const gone = await step
    .deleteFrom('environments')
    .where('phase', '=', 'closed')
    .where('closed_at', '<', before)
    // Marked and not looked at yet: it may have been reopened.
    .whereRef('requested', '=', 'observed')
    .where('id', 'not in', (query) =>
      query.selectFrom('resources').select('environment_id').where('gone_at', 'is', null),
    )
    .returning('id')
    .execute();
  for (const { id } of gone) {
    await step.deleteFrom('resources').where('environment_id', '=', id).execute();
    await step.deleteFrom('timeline').where('environment_id', '=', id).execute();
    await step.deleteFrom('announcements').where('environment_id', '=', id).execute();
  }
  return gone.length;
}

/** Counts up, or makes the record under the first name that is free. */
export async function markPull(
  step: Transaction<Tables> | Kysely<Tables>,
  mark: PullMark,
  at: number,
): Promise<EnvironmentId> {
  const known = await countUp(step, mark);
  if (known) return known;
  for (const id of mark.ids) {
    // A name that was just taken may have been taken by the same mark, made at this moment on another connection.
    const made = (await makeOrClaim(step, id, mark, at)) ?? (await countUp(step, mark));
    if (made) return made;
  }
  throw new WizardError(`naming the environment of ${mark.repository.name}#${mark.number}: every name is taken`, {
    code: 'store/names-taken',
    remedy: 'report-bug',
  });
}

async function countUp(step: Transaction<Tables> | Kysely<Tables>, mark: PullMark): Promise<EnvironmentId | undefined> {
  const known = await step
    .updateTable('environments')
    .set((row) => ({ requested: row('requested', '+', 1), repository_name: mark.repository.name }))
    .where('repository_id', '=', mark.repository.id)
    .where('number', '=', mark.number)
    // SQLite uses the index of pull requests only when its condition stands here as it stands there.
    .where('number', '>', sql.lit(0))
    .returning('id')
    .executeTakeFirst();
  return known && (known.id as EnvironmentId);
}

/** Missing: the name is taken. What the sweep found under it before we knew its pull request is this environment. */
async function makeOrClaim(
  step: Transaction<Tables> | Kysely<Tables>,
  id: EnvironmentId,
  mark: PullMark,
  at: number,
): Promise<EnvironmentId | undefined> {
  // Naming one index here would leave PostgreSQL to fail on the other when two make the same record at once.
  const made = await step
    .insertInto('environments')
    .values(newRow(id, mark, at))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (made) return id;
  const claimed = await step
    .updateTable('environments')
    .set((row) => ({
      repository_id: mark.repository.id,
      repository_name: mark.repository.name,
      number: mark.number,
      requested: row('requested', '+', 1),
    }))
    .where('id', '=', id)
    .where('number', '=', 0)
    .returning('id')
    .executeTakeFirst();
  return claimed && id;
}

function newRow(id: EnvironmentId, mark: PullMark, at: number): EnvironmentRow {
  return {
    id,
    repository_id: mark.repository.id,
    repository_name: mark.repository.name,
    number: mark.number,
    hosts: '{}',
    requested: 1,
    observed: 0,
    pull: null,
    choices: toJson(noChoices),
    phase: 'waiting',
    because: 'not looked at yet',
    phase_since: at,
    created_at: at,
    wanted_since: at,
    live_sha: null,
    closed_at: null,
    receipt: null,
  };
}

function environmentOf(row: EnvironmentRow): Environment {
  return {
    id: row.id as EnvironmentId,
    repository: { id: row.repository_id as RepositoryId, name: row.repository_name },
    number: row.number,
    hosts: fromJson(row.hosts),
    requested: row.requested,
    observed: row.observed,
    pull: optionalJson(row.pull),
    choices: fromJson<Choices>(row.choices),
    phase: row.phase as Phase,
    because: row.because,
    phaseSince: row.phase_since,
    createdAt: row.created_at,
    wantedSince: row.wanted_since,
    liveSha: orMissing(row.live_sha),
    closedAt: orMissing(row.closed_at),
    receipt: optionalJson(row.receipt),
  };
}

type Fields = Parameters<StoredEnvironments['update']>[1];

const columns: { readonly [Field in keyof Fields]-?: (value: Environment[Field]) => Partial<EnvironmentRow> } = {
  repository: (value) => ({ repository_id: value.id, repository_name: value.name }),
  number: (value) => ({ number: value }),
  hosts: (value) => ({ hosts: toJson(value) }),
  observed: (value) => ({ observed: value }),
  pull: (value) => ({ pull: value === undefined ? null : toJson(value) }),
  phase: (value) => ({ phase: value }),
  because: (value) => ({ because: value }),
  phaseSince: (value) => ({ phase_since: value }),
  createdAt: (value) => ({ created_at: value }),
  wantedSince: (value) => ({ wanted_since: value }),
  liveSha: (value) => ({ live_sha: value ?? null }),
  closedAt: (value) => ({ closed_at: value ?? null }),
  receipt: (value) => ({ receipt: value === undefined ? null : toJson(value) }),
};

function rowFieldsOf(fields: Fields): Partial<EnvironmentRow> {
  return Object.assign({}, ...Object.entries(fields).map(([name, value]) => column(name as keyof Fields, value)));
}

const column = (name: keyof Fields, value: unknown): Partial<EnvironmentRow> =>
  (columns[name] as (value: unknown) => Partial<EnvironmentRow>)(value);
