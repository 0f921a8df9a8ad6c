import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { settleInRealTime } from './conformance/settle.ts';

const run = promisify(execFile);
const root = '/usr/lib/postgresql';

/** A real server of its own, in a temporary directory, on a unix socket. */
export interface PostgresServer {
  /** Makes a database and answers its URL. */
  newDatabase(): Promise<string>;
  /** Asks the server something as its owner, in the maintenance database. */
  ask(sql: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** Where the newest installed PostgreSQL has its programs; missing: none is installed. */
export const postgresBin: string | undefined = existsSync(root)
  ? readdirSync(root)
      .toSorted((a, b) => Number(b) - Number(a))
      .map((version) => join(root, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')))
  : undefined;

/** With `port` it listens there on loopback as well, and lets everybody in. */
export async function postgresServer(port?: number): Promise<PostgresServer> {
  if (!postgresBin) throw new Error('starting PostgreSQL: it is not installed');
  const owner = databaseUser();
  const home = await mkdtemp(join(tmpdir(), 'wizard-postgres-'));
  if (owner) chownSync(home, owner.uid, owner.gid);
  const data = join(home, 'data');
  await run(join(postgresBin, 'initdb'), ['-D', data, '-U', 'wizard', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...owner,
    cwd: home,
  });
  const listening = port === undefined ? ['listen_addresses='] : ['listen_addresses=127.0.0.1', `port=${port}`];
  const settings = [
    ...[...listening, `unix_socket_directories=${home}`, 'fsync=off', 'max_connections=40'],
    'dynamic_shared_memory_type=mmap',
  ];
  const options = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(join(postgresBin, 'postgres'), options, { ...owner, cwd: home, stdio: 'ignore' });
  const url = (database: string): string =>
    `postgresql://wizard@localhost:${port ?? 5432}/${database}?host=${encodeURIComponent(home)}`;
  await settleInRealTime(30_000)(() => answers(server, url('postgres')));

  let made = 0;
  const ask = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url('postgres') });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    ask,
    async newDatabase() {
      made += 1;
      await ask(`create database wizard_${made}`);
      return url(`wizard_${made}`);
    },
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      if (server.exitCode === null && server.kill('SIGQUIT')) await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function answers(server: ChildProcess, url: string): Promise<boolean> {
  if (server.exitCode !== null) throw new Error(`starting PostgreSQL: it ended with ${server.exitCode}`);
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

/** PostgreSQL refuses to run as root; the package makes a user for it. */
function databaseUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string): number => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
