import { readdirSync, readFileSync } from 'node:fs';
import { openDatabase } from './database.mjs';

const database = openDatabase();
database.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)');
for (const name of readdirSync('migrations').sort()) {
  if (database.prepare('SELECT 1 FROM migrations WHERE name = ?').get(name)) continue;
  database.exec('BEGIN');
  database.exec(readFileSync(`migrations/${name}`, 'utf8'));
  database.prepare('INSERT INTO migrations VALUES (?)').run(name);
  database.exec('COMMIT');
  console.log(`migrated ${name}`);
}
