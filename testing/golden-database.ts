import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asUser } from '../src/drivers/database/server-command.ts';
import { findServers } from '../src/drivers/database/server-programs.ts';
import { makeDataFolder } from '../src/kit/clone/subvolumes.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { realPart } from './real-part.ts';

export type GoldenEngine = 'mariadb' | 'postgres';

const run = promisify(execFile);
const all = { mariadb: await findServers('mariadb'), postgres: await findServers('postgres') };

/** Why no golden copy of this kind can be made here, or `false`. */
export const noServer = (engine: GoldenEngine): string | false =>
  realPart(`${engine} is not installed, or has no system user`, all[engine].length > 0 && idOf(engine) !== undefined);

export const userCount = 50;
const names = Array.from({ length: userCount }, (_, index) => `(${index + 1}, 'user${index + 1}@staging.example')`);

/** As staging has them: tables, a view that runs in the name of its maker, and accounts whose passwords are known. */
const script: Readonly<Record<GoldenEngine, string>> = {
  mariadb: `
    CREATE DATABASE app; USE app;
    CREATE TABLE users (id INT PRIMARY KEY, mail VARCHAR(80) NOT NULL);
    INSERT INTO users VALUES ${names.join(',')};
    CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(200));
    CREATE USER 'app'@'localhost' IDENTIFIED BY 'staging-password';
    CREATE USER 'reader'@'%' IDENTIFIED BY 'staging-password';
    CREATE USER ''@'localhost';
    GRANT ALL ON app.* TO 'app'@'localhost'; GRANT SELECT ON app.* TO 'reader'@'%';
    CREATE DEFINER='reader'@'%' VIEW user_count AS SELECT COUNT(*) AS n FROM users;
    SET GLOBAL innodb_fast_shutdown=0;`,
  postgres: `
    CREATE TABLE users (id INT PRIMARY KEY, mail TEXT NOT NULL);
    INSERT INTO users VALUES ${names.join(',')};
    CREATE TABLE notes (id SERIAL PRIMARY KEY, text TEXT);
    CREATE VIEW user_count AS SELECT COUNT(*) AS n FROM users;
    CREATE ROLE staging LOGIN PASSWORD 'staging-password';
    CREATE ROLE loader CREATEROLE CREATEDB REPLICATION BYPASSRLS;
    GRANT pg_read_server_files, pg_write_server_files, pg_execute_server_program TO loader, staging WITH ADMIN OPTION;
    GRANT postgres TO loader;
    CREATE TABLE orders (id INT PRIMARY KEY); ALTER TABLE orders OWNER TO staging;
    CHECKPOINT;`,
};

/** Paths of all files of the databases in a data folder, the server's own among them. */
export const filesOfTables = (data: string): string[] =>
  readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((file) => /^(mysql|sys|app|base)\//.test(file));

export interface GoldenAsked {
  readonly engine: GoldenEngine;
  /** The folder of golden copies. */
  readonly root: string;
  readonly source?: string;
  readonly version: string;
}

/** A golden copy as a bake makes it: `ROOT/SOURCE/VERSION/` with `data/` and, last, `manifest.json`. Made once, then copied. */
export async function makeGolden({ engine, root, source = 'staging', version }: GoldenAsked): Promise<string> {
  const making = known[engine] ?? makeData(engine);
  known[engine] = making;
  const made = await making;
  const folder = join(root, source, version);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await makeDataFolder(join(folder, 'data'));
  await run('cp', ['-a', `${made}/.`, join(folder, 'data')]);
  const serverVersion = all[engine][0]?.version ?? '';
  const manifest = {
    source,
    version,
    engine,
    serverVersion,
    madeAt: '2026-01-01T00:00:00Z',
    database: 'app',
    masked: true,
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

const known: Partial<Record<GoldenEngine, Promise<string>>> = {};

/** A data folder whose server was stopped in order. It goes when this process ends. */
async function makeData(engine: GoldenEngine): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), `wizard-golden-${engine}-`));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  const owner = idOf(engine) ?? { uid: 0, gid: 0 };
  chownSync(home, owner.uid, owner.gid);
  const data = join(home, 'data');
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, owner.uid, owner.gid);
  const program = all[engine][0]?.path ?? '';
  const as = (argv: readonly [string, ...string[]]) => asUser(owner.uid, owner.gid, argv);
  const ask = await (engine === 'mariadb' ? initMariadb : initPostgres)({ home, data, program, as });
  const [file, ...args] = as([program, ...ask.server]);
  const server = spawn(file, args, { cwd: home, stdio: 'ignore' });
  const ended = once(server, 'exit');
  const input = join(home, 'golden.sql');
  writeFileSync(input, script[engine]);
  await settleInRealTime(30_000)(async () => {
    const tried = await ask.isUp().then(
      () => true,
      () => false,
    );
    if (server.exitCode !== null)
      throw new Error(`making a golden ${engine}: the server ended with ${server.exitCode}`);
    return tried;
  });
  await ask.load(input);
  server.kill(engine === 'mariadb' ? 'SIGTERM' : 'SIGINT');
  await ended;
  for (const name of ['ib_buffer_pool', 'ibtmp1']) await rm(join(data, name), { force: true });
  return data;
}

interface Init {
  readonly home: string;
  readonly data: string;
  readonly program: string;
  readonly as: (argv: readonly [string, ...string[]]) => readonly [string, ...string[]];
}
interface Asking {
  readonly server: readonly string[];
  readonly isUp: () => Promise<unknown>;
  readonly load: (file: string) => Promise<unknown>;
}

async function initMariadb({ home, data, as }: Init): Promise<Asking> {
  const log = '--innodb-log-file-size=16M';
  const [file, ...args] = as([
    'mariadb-install-db',
    '--no-defaults',
    `--datadir=${data}`,
    `--tmpdir=${home}`,
    '--skip-test-db',
    '--auth-root-authentication-method=normal',
    log,
  ]);
  await run(file, args, { cwd: home });
  const socket = join(home, 's');
  const client = ['--no-defaults', `--socket=${socket}`, '--user=root'];
  return {
    server: ['--no-defaults', `--datadir=${data}`, `--tmpdir=${home}`, `--socket=${socket}`, '--skip-networking', log],
    isUp: () => run('mariadb', [...client, '-e', 'SELECT 1']),
    load: (path) => run('mariadb', [...client, '-e', `source ${path}`]),
  };
}

async function initPostgres({ home, data, program, as }: Init): Promise<Asking> {
  const bin = program.slice(0, program.lastIndexOf('/'));
  const [file, ...args] = as([
    join(bin, 'initdb'),
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
  ]);
  await run(file, args, { cwd: home });
  const psql = (database: string, rest: string[]) =>
    run(join(bin, 'psql'), [
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      home,
      '-p',
      '5432',
      '-U',
      'postgres',
      '-d',
      database,
      ...rest,
    ]);
  const settings = [
    ...['listen_addresses=', `unix_socket_directories=${home}`],
    ...['fsync=off', 'dynamic_shared_memory_type=mmap'],
  ];
  return {
    server: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    isUp: () => psql('postgres', ['-c', 'SELECT 1']),
    load: async (path) => {
      await psql('postgres', ['-c', 'CREATE DATABASE app']);
      await psql('app', ['-f', path]);
    },
  };
}

/** The system's user for this server; ourselves where we are not root. */
function idOf(engine: GoldenEngine): { uid: number; gid: number } | undefined {
  const [uid = 0, gid = 0] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const user = engine === 'mariadb' ? 'mysql' : 'postgres';
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${user}:`));
  const [, , found, group] = line?.split(':') ?? [];
  return found === undefined || group === undefined ? undefined : { uid: Number(found), gid: Number(group) };
}
