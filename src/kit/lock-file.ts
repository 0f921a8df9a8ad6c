import { DatabaseSync } from 'node:sqlite';

export interface FileLock {
  close(): void;
}

const sqliteBusy = 5;

/** The system lets go of the lock however we end, `kill -9` included; a lock by a file's existence would stay. `undefined`: another has it. */
export function lockFile(path: string): FileLock | undefined {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path, { timeout: 0 });
    lock.exec('PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE;');
    return lock;
  } catch (error) {
    lock?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return undefined;
    throw error;
  }
}
