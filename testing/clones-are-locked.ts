import assert from 'node:assert/strict';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentId } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { ask } from './ask-database.ts';
import { aClaim } from './builders.ts';
import type { DatabaseWorld } from './database-world.ts';

/**
 * That a bake has locked PostgreSQL's accounts: the password by which clones begin opens none, whole databases are there that new ones are
 * made from, and a copy without a lock, or with one of another form, is cloned all the same.
 */
export async function clonesAreLocked(world: DatabaseWorld, folder: string, facts: JsonObject): Promise<void> {
  const password = world.passwordOf(world.claim);
  const file = join(folder, 'lock.json');
  const text = await readFile(file, 'utf8');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const { keeper, later } = JSON.parse(text) as { keeper: string; later: string[] };
  assert.equal(later.length, 4);
  const refused = async (user: string, wrong: string, of: JsonObject): Promise<void> => {
    await assert.rejects(ask('SELECT 1', { facts: of, password: wrong, user }), `${user} over TCP`);
    await assert.rejects(ask('SELECT 1', { facts: of, password: wrong, user, by: 'socket' }), `${user} by socket`);
  };
  for (const user of ['wizard_keeper', 'postgres', 'wizard_owner'])
    for (const wrong of [keeper, '']) await refused(user, wrong, facts);
  await ask('CREATE DATABASE app_two TEMPLATE template0', { facts, password });
  for (const database of ['app_two', 'postgres', 'template1']) {
    const [functions] = await ask('SELECT count(*) FROM pg_proc', { facts: { ...facts, database }, password });
    assert.ok(Number(functions) > 1000, database);
  }
  for (const [index, other] of [undefined, text.replace('"form":2', '"form":1')].entries()) {
    await (other === undefined ? rm(file) : writeFile(file, other, { mode: 0o600 }));
    const claim = aClaim({ environment: `unlocked-${index}` as EnvironmentId, role: 'db.3f9a2c1d' });
    const theirs = await world.made(claim, { ...world.spec(claim), version: String(facts['version']) });
    const found = await ask('SELECT n FROM user_count', { facts: theirs, password: world.passwordOf(claim) });
    assert.deepEqual(found, ['300']);
    await hasRoom(theirs, world.passwordOf(claim));
    await refused('wizard_keeper', keeper, theirs);
  }
  await writeFile(file, text, { mode: 0o600 });
}

/** That a changed row stays on its page although the table was full, and that the table is set to nothing that staging does not have. */
async function hasRoom(facts: JsonObject, password: string): Promise<void> {
  const change = "UPDATE users SET state = 'q' WHERE ctid = '(0,1)' RETURNING ctid";
  assert.match((await ask(change, { facts, password }))[0] ?? '', /^\(0,/);
  const set = await ask("SELECT relname FROM pg_class WHERE reloptions::text LIKE '%fillfactor%'", { facts, password });
  assert.deepEqual(set, []);
}
