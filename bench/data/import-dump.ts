import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Import } from './asked.ts';
import type { Ground } from './ground.ts';
import { database, type PrivateRoom, runWith, withRoom } from './private-room.ts';
import type { Staging } from './staging.ts';
import { firstRows, largest } from './tables.ts';

/**
 * Milliseconds from an empty folder until a server of one's own answers a query on data that was imported into it, with the settings that
 * a bake imports with. `tmpfs`: its files are in memory. `parallel`: files of rows, several tables at once.
 */
export async function importDump(ground: Ground, how: Import, staging: Staging): Promise<number> {
  const memory = how === 'tmpfs' ? await ground.tmpfs() : undefined;
  try {
    return await withRoom(ground, staging.engine, memory?.path ?? join(ground.work, how), async (one) => {
      const { family, room } = one;
      const began = performance.now();
      await family.initialise(room);
      const server = await family.start(room, 'load');
      const session = await family.session(room);
      await family.createDatabase(session, database);
      await session.close();
      await (how === 'parallel' ? loadTables(one, staging) : loadDump(one, staging));
      const asking = await family.session(room, database);
      const rows = await asking.query(firstRows(largest));
      const took = performance.now() - began;
      await asking.close();
      await server.kill();
      if (rows.length === 0) throw new Error(`importing by ${how}: there are no rows`);
      return took;
    });
  } finally {
    await memory?.close();
  }
}

const loadDump = ({ family, room }: PrivateRoom, { dump }: Staging): Promise<void> =>
  runWith(family.client(room, database, 'dump'), 'importing', room.signal, dump);

async function loadTables({ family, room }: PrivateRoom, { engine, tables }: Staging): Promise<void> {
  const call = (program: string, words: readonly string[]) => room.programs.call(program, words, { as: 'us' });
  if (engine === 'postgres') {
    const who = [`--host=${room.folder.run}`, '--port=5432', '--username=postgres', `--dbname=${database}`];
    return runWith(call('pg_restore', [...who, '--jobs=2', tables]), 'importing', room.signal);
  }
  const files = await readdir(tables);
  for (const name of files.filter((one) => one.endsWith('.sql')))
    await runWith(family.client(room, database, 'dump'), 'making tables', room.signal, join(tables, name));
  const session = await family.session(room);
  await session.query('SET GLOBAL foreign_key_checks=0, unique_checks=0');
  await session.close();
  const rows = files.filter((one) => one.endsWith('.txt')).map((name) => join(tables, name));
  const who = ['--no-defaults', `--socket=${room.folder.run}/s`, '--user=root', '--use-threads=2', database];
  await runWith(call('mariadb-import', [...who, ...rows]), 'importing', room.signal);
}
