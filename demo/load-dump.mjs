// Loads the staging dump into a fresh folder: run once by the server, for the golden copy.
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync('shop.sqlite');
database.exec(readFileSync(process.env.WIZARD_DUMP, 'utf8'));
database.close();
console.log('staging dump loaded');
