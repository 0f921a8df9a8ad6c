import { type Kysely, sql } from 'kysely';
import { WizardError } from '../domain/wizard-error.ts';
import type { Tables } from './schema.ts';

/** Column types that differ between the two databases. */
export interface Dialect {
  readonly id: string;
  readonly bytes: string;
}

/** Each entry is applied once, in order, in a transaction of its own. Entries are never edited, only added. */
const migrations: readonly ((dialect: Dialect) => readonly string[])[] = [
  ({ id, bytes }) => [
    `create table deliveries (id ${id}, guid text not null unique, event text not null, action text, repository_name text, number integer,
      received_at bigint not null, body ${bytes} not null, size integer not null, decision text not null, reason text not null,
      environment_id text, repeats integer not null)`,
    'create index deliveries_of_environment on deliveries (environment_id, id)',
    `create table environments (id text primary key, repository_id text not null, repository_name text not null, number integer not null,
      hosts text not null, requested integer not null, observed integer not null, pull text, choices text not null, phase text not null,
      because text not null, phase_since bigint not null, created_at bigint not null, wanted_since bigint not null, live_sha text,
      closed_at bigint, receipt text)`,
    'create unique index environments_of_pull on environments (repository_id, number) where number > 0',
    `create table resources (environment_id text not null, role text not null, kind text not null, generation integer not null,
      spec text not null, needs text not null, intended_at bigint not null, acknowledged_at bigint, status text not null, note text not null,
      facts text not null, ready_at bigint, gone_at bigint, replaced integer not null, failures integer not null, not_before bigint not null,
      parked text, primary key (environment_id, role))`,
    `create table timeline (id ${id}, environment_id text not null, at bigint not null, about text not null, what text not null,
      message text not null, took_ms bigint, details text not null)`,
    'create index timeline_of_environment on timeline (environment_id, id)',
    `create table announcements (environment_id text not null, announcer text not null, said text, handle text, failures integer not null,
      not_before bigint not null, primary key (environment_id, announcer))`,
  ],
  // Missing in rows of before: what came then is not recognised when it comes again under another GUID.
  () => [
    'alter table deliveries add column body_hash text',
    'create index deliveries_of_body on deliveries (body_hash)',
  ],
];

export const newestVersion = migrations.length;

export const newerStore = (version: number): WizardError =>
  new WizardError(`opening the store: it is of version ${version}, and this server knows ${newestVersion} at most`, {
    code: 'store/newer',
    remedy: 'fix-setup',
    hint: 'Install the version of the server that was here before, or a newer one. Going back is only possible with a backup.',
  });

export async function migrate(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  await sql`create table if not exists migrations (version integer primary key, at bigint not null)`.execute(db);
  const done = await db.selectFrom('migrations').select('version').orderBy('version', 'desc').executeTakeFirst();
  if (done && done.version > newestVersion) throw newerStore(done.version);
  for (const [index, statements] of migrations.entries()) {
    const version = index + 1;
    if (version <= (done?.version ?? 0)) continue;
    await db.transaction().execute(async (step) => {
      for (const statement of statements(dialect)) await sql.raw(statement).execute(step);
      await step.insertInto('migrations').values({ version, at: 0 }).execute();
    });
  }
}
