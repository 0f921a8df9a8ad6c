import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The environment's own copy of the data: WIZARD_DATA is its folder. */
export function openDatabase() {
  const database = new DatabaseSync(join(process.env.WIZARD_DATA ?? '.', 'shop.sqlite'));
  database.exec('PRAGMA journal_mode=WAL; PRAGMA busy_timeout=5000;');
  return database;
}
