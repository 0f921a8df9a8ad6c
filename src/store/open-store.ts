import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { WizardError } from '../domain/wizard-error.ts';
import { type FileLock, lockFile } from '../kit/lock-file.ts';
import { makeFolders } from '../kit/make-folders.ts';
import type { Store } from '../ports/store.ts';
import { announcementStore } from './announcements.ts';
import { type Database, isFullDisk } from './database.ts';
import { deliveryStore } from './deliveries.ts';
import { environmentStore } from './environments.ts';
import { migrate } from './migrations.ts';
import { openPostgres } from './postgres.ts';
import { resourceJournal } from './resources.ts';
import { type MakeRoom, retryWhenFull } from './retry-when-full.ts';
import type { Tables } from './schema.ts';
import { type SqliteLink, sqliteDialect, sqliteInPlace, sqliteInWorker } from './sqlite-dialect.ts';
import { timelineStore } from './timeline.ts';
import { watchFile } from './watch-file.ts';

/** A store that is ours alone until it is closed; a second server on the same one is refused. */
export interface OwnedStore extends Store {
  /** Rejects when the hold on the store is lost: then we must stop, another server may have taken over. */
  readonly lost: Promise<never>;
}

/** The embedded store: one file, made if missing. `makeRoom` is asked when the disk is full; without it that is an error at once. */
export async function openEmbeddedStore(path: string, makeRoom: MakeRoom = noRoom): Promise<OwnedStore> {
  makeFolders(dirname(path));
  try {
    return retryWhenFull(await openFile(path), makeRoom);
  } catch (error) {
    if (!(error instanceof WizardError && isFullDisk(error.cause)) || !(await makeRoom())) throw error;
    return retryWhenFull(await openFile(path), makeRoom);
  }
}

const noRoom: MakeRoom = () => Promise.resolve(false);

async function openFile(path: string): Promise<OwnedStore> {
  const lock = ownLock(path);
  const link = sqliteInWorker(path);
  try {
    const store = await overSqlite(link);
    const file = watchFile(path);
    return {
      ...store,
      lost: file.lost,
      close: async () => {
        file.stop();
        await store.close();
        lock.close();
      },
    };
  } catch (error) {
    await link.close();
    lock.close();
    throw cannotOpen(path, error);
  }
}

/** In memory and in the caller's thread: for simulation and tests. */
export const openMemoryStore = (): Promise<Store> => overSqlite(sqliteInPlace(':memory:'));

/** The store by `DATABASE_URL`. */
export async function openPostgresStore(url: string): Promise<OwnedStore> {
  const { database, lost, close } = await openPostgres(url);
  try {
    await migrate(database.durable, { id: 'bigint generated always as identity primary key', bytes: 'bytea' });
  } catch (error) {
    await close();
    throw cannotOpen('the PostgreSQL database', error);
  }
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

function ownLock(path: string): FileLock {
  const lock = locked(path);
  if (lock) return lock;
  throw new WizardError(`opening the store: another server is using ${path}`, {
    code: 'store/in-use',
    remedy: 'fix-setup',
    hint: 'Stop the other server, or give this one a data directory of its own.',
  });
}

function locked(path: string): FileLock | undefined {
  try {
    return lockFile(`${path}.lock`);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

function cannotOpen(what: string, cause: unknown): WizardError {
  if (cause instanceof WizardError) return cause;
  return new WizardError(`opening the store: ${what} cannot be opened`, {
    code: 'store/unavailable',
    remedy: 'fix-setup',
    hint:
      'See whether it may be read and written, the disk has space, and it is a store of this version. One that is damaged is brought ' +
      'back from a backup, or moved away: then all is found again but approvals, pins and the past.',
    cause,
  });
}
