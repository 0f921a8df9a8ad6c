import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { removeTree } from '../../../kit/remove-tree.ts';
import { runCommand } from '../../../kit/run-command.ts';
import type { BakeRoom, EngineFamily, Rows, Session } from '../engine-family.ts';
import { startPrivateServer } from '../private-server.ts';
import { postgresReading } from './postgres-columns.ts';
import { quotedName } from './postgres-names.ts';

type Server = Pick<
  EngineFamily,
  'initialise' | 'start' | 'session' | 'client' | 'trim' | 'filledDatabases' | 'renameDatabase'
>;

const initLimitMs = 10 * 60_000;
/** Names the socket; no port is opened. */
const port = 5432;
export const superuser = 'postgres';

const settings = {
  load: ['shared_buffers=256MB', 'maintenance_work_mem=512MB', 'max_wal_size=4GB', 'checkpoint_timeout=1h'],
  last: ['shared_buffers=32MB'],
};
const always = [
  'listen_addresses=',
  // What is written at the end is forced to the disk with the whole copy.
  ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0'],
  // A killed server leaves it, here in a folder that goes, elsewhere in the machine's memory for ever.
  'dynamic_shared_memory_type=mmap',
  // It would keep the most common values of columns that are still to be masked.
  'autovacuum=off',
  'logging_collector=off',
  'log_min_error_statement=panic',
];

/** How servers of PostgreSQL (12 and newer) are made, started and left. */
export const postgresServer: Server = {
  async initialise({ folder, programs, signal }) {
    const words = ['-D', folder.data, '-U', superuser, '-E', 'UTF8', '-A', 'reject', '--no-sync'];
    const { argv, env, cwd } = programs.call('initdb', words, { as: 'owner' });
    await runCommand(argv, { env, cwd, signal, timeLimitMs: initLimitMs, doing: 'making an empty database server' });
  },
  async start(room, profile) {
    const { folder, programs, clock, signal } = room;
    await writeFile(accessFile(folder.path), `local all ${superuser} trust\n`, { mode: 0o644 });
    const own = [`unix_socket_directories=${folder.run}`, `hba_file=${accessFile(folder.path)}`, `port=${port}`];
    const args = ['-D', folder.data, ...[...own, ...always, ...settings[profile]].flatMap((one) => ['-c', one])];
    const call = programs.call('postgres', args, { as: 'owner' });
    const greet = async (): Promise<void> => (await connect(room, 'postgres')).close();
    // "Fast": who is connected is sent away, all that waits is written.
    return startPrivateServer({ call, log: folder.log, clock, signal, greet, stopSignal: 'SIGINT' });
  },
  async session(room, database = 'postgres') {
    const session = await connect(room, database);
    // Neither triggers nor foreign keys act.
    await session.query('SET session_replication_role = replica');
    await session.query("SET maintenance_work_mem = '256MB'");
    return session;
  },
  client(room, database, what) {
    const words = ['--no-psqlrc', '--quiet', `--host=${room.folder.run}`, `--port=${port}`, `--username=${superuser}`];
    const stop = what === 'script' ? ['--set=ON_ERROR_STOP=1'] : [];
    const call = room.programs.call('psql', [...words, '--output=/dev/null', ...stop, `--dbname=${database}`], {
      as: 'us',
      secrets: what === 'script' ? { PGOPTIONS: '-c session_replication_role=replica' } : {},
    });
    return call;
  },
  async filledDatabases(room, session) {
    const names = await session.query('SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY datname');
    const filled: string[] = [];
    for (const [name] of names) {
      const inner = await connect(room, name ?? '');
      if ((await postgresReading.tables(inner)).length > 0) filled.push(name ?? '');
      await inner.close();
    }
    return filled;
  },
  async renameDatabase(room, from, to) {
    const session = await connect(room, from === 'postgres' ? 'template1' : 'postgres');
    await session.query(`DROP DATABASE IF EXISTS ${quotedName(to)}`);
    await session.query(`ALTER DATABASE ${quotedName(from)} RENAME TO ${quotedName(to)}`);
    await session.close();
  },
  async trim({ folder, programs, signal }) {
    // The logs of before go, with all that was written before masking.
    const { argv, env, cwd } = programs.call('pg_resetwal', ['-D', folder.data], { as: 'owner' });
    await runCommand(argv, { env, cwd, signal, timeLimitMs: initLimitMs, doing: 'taking the logs of the server away' });
    for (const name of await readdir(folder.data))
      if (/^(postmaster\.(pid|opts)|.*\.log)$/.test(name)) await removeTree(join(folder.data, name));
    for (const name of await readdir(folder.data, { recursive: true }))
      if (isDispensable(name)) await removeTree(join(folder.data, name));
  },
};

/** Below this number are files of the server's own catalogs. */
const firstOfPeople = 16_384;

/**
 * What a server remembers of its catalogs, which it makes anew at each start, and maps of the free and the frozen pages of catalogs, which
 * it does without: a third of all files, and each takes its time at each clone.
 */
function isDispensable(file: string): boolean {
  const map = /^(?:base\/\d+|global)\/(\d+)_(?:fsm|vm)$/.exec(file);
  return map ? Number(map[1]) < firstOfPeople : /(^|\/)pg_internal\.init$/.test(file);
}

const accessFile = (folder: string): string => join(folder, 'pg_hba.conf');

async function connect(room: BakeRoom, database: string): Promise<Session> {
  room.signal.throwIfAborted();
  const client = new pg.Client({
    host: room.folder.run,
    port,
    user: superuser,
    database,
    // All as texts.
    types: { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig,
  });
  // What ends the connection also rejects what waits for it.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  await client.connect();
  return {
    async query(sql) {
      const answer = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' });
      return (Array.isArray(answer) ? (answer.at(-1)?.rows ?? []) : answer.rows) as Rows;
    },
    close: () => client.end(),
  };
}
