import { join } from 'node:path';
import pg from 'pg';
import { WizardError } from '../../../domain/wizard-error.ts';
import { keeperName, lockPostgres, ownerRole } from '../../../kit/golden/postgres-lock.ts';
import { scramVerifier } from '../../../kit/golden/scram.ts';
import type { Secret } from '../../../kit/secret.ts';
import { allowedSettings } from '../allowed-settings.ts';
import type { Account, Door, EngineFamily, Keeper, LockDown, ServerAsked } from './engine-family.ts';
import { longStatementMs } from './engine-family.ts';

const buffersMb = 16;

/** PostgreSQL from 12. */
export const postgresFamily: EngineFamily = {
  containerData: '/var/lib/postgresql/data',
  socketOf: (run) => run,
  argsOf: ({ paths }) => ['-D', paths.data, '-c', `config_file=${join(paths.conf, 'postgresql.conf')}`],
  filesOf: (asked, first, _keeper, golden) => ({
    'postgresql.conf': configOf(asked),
    'pg_ident.conf': '',
    'pg_hba.conf': first && golden.locked === undefined ? `local all "${golden.superuser}" trust\n` : lockedAccess,
  }),
  stopSignal: 'SIGINT',
  quitSignal: 'SIGQUIT',
  async enter(keeper, first) {
    const database = first === undefined || first.database === '' ? 'postgres' : first.database;
    const asSuperuser = first !== undefined && first.locked === undefined;
    const user = asSuperuser ? first.superuser : keeperName;
    const password = asSuperuser ? undefined : (first?.locked ?? keeper.password);
    return doorOf(await connected(keeper, { user, password, database }));
  },
  initialise: (data) => ['initdb', '-D', data, '-U', 'postgres', '-E', 'UTF8', '-A', 'reject', '--no-sync'],
  isNotYet: (error) =>
    // 57P03: it is starting; 28000 and 28P01 only while it has not read its new rules of access.
    !(error instanceof pg.DatabaseError) || ['57P03', '28000', '28P01'].includes(error.code ?? ''),
};

async function doorOf(client: pg.Client): Promise<Door> {
  const version = await versionOf(client);
  return {
    version,
    lockDown: (about) => lockDown(client, about),
    admit: (account) => admit(client, account, Number.parseInt(version, 10)),
    // What a server that ends says to it was heard by the client's own listener.
    close: () => void client.end().catch(() => undefined),
  };
}

async function lockDown(client: pg.Client, { golden, password, asked, write }: LockDown): Promise<'same' | 'again'> {
  if (golden.locked !== undefined) {
    await client.query(`ALTER ROLE ${keeperName} PASSWORD '${scramVerifier(password)}'`);
    return 'same';
  }
  await client.query(lockPostgres(golden.database, password));
  write(postgresFamily.filesOf(asked, false, password, golden));
  await client.query('SELECT pg_reload_conf()');
  return 'again';
}

/** In few questions, of which each is a wait, and in plain SQL: a block of code would have the server load its language. */
async function admit(client: pg.Client, { user, password, database }: Account, major: number): Promise<void> {
  const { rows } = await client.query<{ super: boolean | null; there: boolean }>(
    `SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = $1) AS super, EXISTS (SELECT FROM pg_database WHERE datname = $2) AS there`,
    [user, database],
  );
  const [{ super: isSuper = null, there = false } = {}] = rows;
  if (isSuper) throw reserved(user);
  const may = `LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT PASSWORD '${scramVerifier(password)}'`;
  // One of staging's has no more than its name from there: all that staging's accounts own is the owner's, and so the environment's.
  const account =
    isSuper === null
      ? `CREATE ROLE "${user}" ${may}`
      : `REVOKE "${user}" FROM ${ownerRole}; ALTER ROLE "${user}" ${may}`;
  await client.query(`${account}; GRANT ${ownerRole} TO "${user}"`);
  // By default 15 and newer write all of it into their log, which takes six times as long; older ones know no other way than this.
  const how = major >= 15 ? 'STRATEGY FILE_COPY' : '';
  if (!there) await client.query(`CREATE DATABASE "${database}" OWNER ${ownerRole} ${how}`);
}

async function versionOf(client: pg.Client): Promise<string> {
  try {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? '';
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** Members of the owner's role are the environment's account alone; every other account of the data has no way in. */
const lockedAccess = [`local all ${keeperName}`, `local all +${ownerRole}`, `host all +${ownerRole} all`]
  .map((line) => `${line} scram-sha-256\n`)
  .join('');

const configOf = ({ paths, port, address, shape }: ServerAsked): string =>
  [
    ['listen_addresses', address],
    ['port', String(port)],
    ['unix_socket_directories', paths.run],
    ['unix_socket_permissions', '0777'],
    ['hba_file', join(paths.conf, 'pg_hba.conf')],
    ['ident_file', join(paths.conf, 'pg_ident.conf')],
    ['external_pid_file', join(paths.run, 'pid')],
    ['shared_buffers', `${shape.memoryMb ?? buffersMb}MB`],
    ['max_connections', '100'],
    // In files beside the data, which go with it: a server that is killed leaves what it has in the machine's memory there for ever.
    ['dynamic_shared_memory_type', 'mmap'],
    // Nobody needs a preview after a power cut. What was committed is with the system, and survives the server's death.
    ['fsync', 'off'],
    ['wal_level', 'minimal'],
    ['max_wal_senders', '0'],
    ['min_wal_size', '32MB'],
    ['max_wal_size', '256MB'],
    ['wal_buffers', '1MB'],
    // A log that is written over shares no blocks with the golden copy's, and a new one need not be filled first: it takes what it holds.
    ['wal_recycle', 'off'],
    ['wal_init_zero', 'off'],
    ['wal_compression', 'on'],
    ['autovacuum_naptime', '5min'],
    ['log_min_duration_statement', String(longStatementMs)],
    // What it says of them is read, and it would speak the language of whoever started us.
    ['lc_messages', 'C'],
    ['password_encryption', 'scram-sha-256'],
    ...allowedSettings('postgres', shape.settings),
  ]
    .map(([name, value]) => `${name} = '${(value ?? '').replaceAll("'", "''")}'\n`)
    .join('');

interface Asked {
  readonly user: string;
  readonly password: Secret | undefined;
  readonly database: string;
}

async function connected({ run, port, signal }: Keeper, asked: Asked): Promise<pg.Client> {
  const { user, password, database } = asked;
  signal.throwIfAborted();
  const secret = password === undefined ? {} : { password: password.reveal() };
  const client = new pg.Client({ host: run, port, user, database, ...secret });
  // What ends the connection also rejects what waits for it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const reserved = (user: string): WizardError =>
  new WizardError(`giving the account ${user} to an environment: it is the superuser of the server`, {
    code: 'database/reserved-user',
    remedy: 'change-input',
    hint: 'Name another `user` for the database in the recipe.',
  });
