import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeError, WizardError } from '../domain/wizard-error.ts';
import { newerStore, newestVersion } from './migrations.ts';

const busy = 5;

/** Reads all of the embedded store without changing it, also while a server lives on it. Answers a sentence; throws what is wrong. */
export function checkEmbeddedStore(path: string): string {
  if (!existsSync(path)) {
    if (isHeld(path))
      throw wrong('its file is not there, but a server lives on it', 'Restart the server: it loses what it writes.');
    return 'not there yet: made at the first start';
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    const said = database
      .prepare('pragma quick_check(3)')
      .all()
      .flatMap((row) => Object.values(row).map(String));
    if (said.join() !== 'ok') throw new Error(said.join('; '));
    const version = Number(database.prepare('select max(version) as version from migrations').get()?.['version'] ?? 0);
    if (version > newestVersion) throw newerStore(version);
    return `whole, of version ${version}`;
  } catch (error) {
    if (error instanceof WizardError) throw error;
    throw wrong(`it is damaged, or not a store of ours (${describeError(error)})`, restore);
  } finally {
    database?.close();
  }
}

const restore =
  'Stop the server and bring it back from a backup, or move it and its -wal away: then all is found again but approvals, pins and the past.';

const wrong = (what: string, hint: string): WizardError =>
  new WizardError(`reading the store: ${what}`, { code: 'store/damaged', remedy: 'fix-setup', hint });

/** A server keeps the lock for itself as long as it lives. */
function isHeld(path: string): boolean {
  if (!existsSync(`${path}.lock`)) return false;
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${path}.lock`, { readOnly: true, timeout: 0 });
    lock.prepare('select count(*) from sqlite_master').get();
    return false;
  } catch (error) {
    return error instanceof Error && 'errcode' in error && error.errcode === busy;
  } finally {
    lock?.close();
  }
}
