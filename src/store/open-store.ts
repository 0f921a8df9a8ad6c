import { dirname } from 'node:path';
import { WizardError } from '../domain/wizard-error.ts';
import { type FileLock, lockFile } from '../kit/lock-file.ts';
import { makeFolders } from '../kit/make-folders.ts';
import type { Store } from '../ports/store.ts';
import { isFullDisk } from './database.ts';
import { type MakeRoom, retryWhenFull } from './retry-when-full.ts';
import { roomsOver } from './rooms-over.ts';
import { storeInThread } from './store-in-thread.ts';
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
  try {
    const store = await storeInThread(path);
    const file = watchFile(path);
    const lost = Promise.race([file.lost, store.lost]);
    lost.catch(() => undefined);
    return {
      ...store,
      lost,
      close: async () => {
        file.stop();
        await store.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw cannotOpen(path, error);
  }
}

/** In memory and in the caller's thread: for simulation and tests. */
export async function openMemoryStore(): Promise<Store> {
  const { openSqliteRooms } = await import('./open-sqlite-rooms.ts');
  return roomsOver(await openSqliteRooms(':memory:'));
}

/** The store by `DATABASE_URL`. What talks to PostgreSQL is loaded only here: it is large. */
export async function openPostgresStore(url: string): Promise<OwnedStore> {
  const { openPostgresRooms } = await import('./open-postgres-rooms.ts');
  try {
    return roomsOver(await openPostgresRooms(url));
  } catch (error) {
    throw cannotOpen('the PostgreSQL database', error);
  }
}

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
