import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { WizardError } from '../domain/wizard-error.ts';
import type { Store } from '../ports/store.ts';
import { announcementStore } from './announcements.ts';
import type { Database } from './database.ts';
import { deliveryStore } from './deliveries.ts';
import { environmentStore } from './environments.ts';
import { migrate } from './migrations.ts';
import { openPostgres } from './postgres.ts';
import { resourceJournal } from './resources.ts';
import type { Tables } from './schema.ts';
import { type SqliteLink, sqliteDialect, sqliteInPlace, sqliteInWorker } from './sqlite-dialect.ts';
import { timelineStore } from './timeline.ts';

/** A store that is ours alone until it is closed; a second server on the same one is refused. */
export interface OwnedStore extends Store {
  /** Rejects when the hold on the store is lost: then we must stop, another server may have taken over. */
  readonly lost: Promise<never>;
}

const never = new Promise<never>(() => undefined);

/** The embedded store: one file, made if missing. */
export async function openEmbeddedStore(path: string): Promise<OwnedStore> {
  mkdirSync(dirname(path), { recursive: true });
  const lock = await lockFile(`${path}.lock`);
  const link = sqliteInWorker(path);
  const store = await overSqlite(link);
  return {
    ...store,
    lost: never,
    close: async () => {
      await store.close();
      await lock.close();
    },
  };
}

/** In memory and in the caller's thread: for simulation and tests. */
export const openMemoryStore = (): Promise<Store> => overSqlite(sqliteInPlace(':memory:'));

/** The store by `DATABASE_URL`. */
export async function openPostgresStore(url: string): Promise<OwnedStore> {
  const { database, lost, close } = await openPostgres(url);
  await migrate(database.durable, { id: 'bigint generated always as identity primary key', bytes: 'bytea' });
  return { ...storeOver(database, close), lost };
}

async function overSqlite(link: SqliteLink): Promise<Store> {
  const durable = new Kysely<Tables>({ dialect: sqliteDialect(link, 'full') });
  const relaxed = new Kysely<Tables>({ dialect: sqliteDialect(link, 'normal') });
  await migrate(durable, { id: 'integer primary key autoincrement', bytes: 'blob' });
  return storeOver({ durable, relaxed }, () => link.close());
}

const storeOver = (database: Database, close: () => Promise<void>): Store => ({
  deliveries: deliveryStore(database),
  environments: environmentStore(database),
  resources: resourceJournal(database),
  timeline: timelineStore(database),
  announcements: announcementStore(database),
  close,
});

/** The system lets go of the lock however we end, `kill -9` included; a lock by a file's existence would stay. */
async function lockFile(path: string): Promise<SqliteLink> {
  const link = sqliteInPlace(path);
  try {
    await link.run('PRAGMA busy_timeout=0', []);
    await link.run('PRAGMA journal_mode=DELETE', []);
    await link.run('BEGIN EXCLUSIVE', []);
    return link;
  } catch (error) {
    await link.close();
    throw new WizardError(`opening the store: another server is using ${path.replace(/\.lock$/, '')}`, {
      code: 'store/in-use',
      remedy: 'fix-setup',
      hint: 'Stop the other server, or give this one a data directory of its own.',
      cause: error,
    });
  }
}
