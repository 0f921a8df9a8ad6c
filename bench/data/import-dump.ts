import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Import } from './asked.ts';
import type { Ground } from './ground.ts';
import { database, type PrivateRoom, runWith, withRoom } from './private-room.ts';
import type { Staging } from './staging.ts';
import { initialiseStock, startStock, stockClient } from './stock-server.ts';
import { firstRows, largest } from './tables.ts';

/**
 * Milliseconds from an empty folder until a server of one's own answers a query on data that was imported into it. The article's ways do what
 * the official images do: a server with its stock settings, a plain client that reads the dump, and the server started once more.
 */
export async function importDump(ground: Ground, how: Import, staging: Staging): Promise<number> {
  const isStock = how === 'disk' || how === 'tmpfs';
  const memory = how === 'tmpfs' || how === 'tuned' ? await ground.tmpfs() : undefined;
  try {
    return await withRoom(ground, staging.engine, memory?.path ?? join(ground.work, how), async (one) => {
      const { family, room } = one;
      const began = performance.now();
      await (isStock ? initialiseStock(room, staging.engine) : family.initialise(room));
      const start = () => (isStock ? startStock(one, staging.engine) : family.start(room, 'load'));
      let server = await start();
      const session = await family.session(room);
      await family.createDatabase(session, database);
      await session.close();
      await (how === 'parallel' ? loadTables(one, staging) : loadDump(one, staging, isStock));
      if (isStock) {
        await server.stop();
        server = await start();
      }
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

const loadDump = ({ family, room }: PrivateRoom, { dump, engine }: Staging, isStock: boolean): Promise<void> =>
  runWith(isStock ? stockClient(room, engine) : family.client(room, database, 'dump'), 'importing', room.signal, dump);

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
