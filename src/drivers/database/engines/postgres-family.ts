import { join } from 'node:path';
import pg from 'pg';
import { WizardError } from '../../../domain/wizard-error.ts';
import { allowedSettings } from '../allowed-settings.ts';
import { type EngineFamily, type Keeper, keeperName, longStatementMs, type ServerAsked } from './engine-family.ts';
import { adoptObjects, ownerRole } from './postgres-owners.ts';
import { scramVerifier } from './scram.ts';

const buffersMb = 16;

/** PostgreSQL from 12. */
export const postgresFamily: EngineFamily = {
  containerData: '/var/lib/postgresql/data',
  socketOf: (run) => run,
  argsOf: ({ paths }) => ['-D', paths.data, '-c', `config_file=${join(paths.conf, 'postgresql.conf')}`],
  filesOf: (asked, first, _keeper, golden) => ({
    'postgresql.conf': configOf(asked),
    'pg_ident.conf': '',
    'pg_hba.conf': first ? `local all "${golden.superuser}" trust\n` : lockedAccess,
  }),
  stopSignal: 'SIGINT',
  quitSignal: 'SIGQUIT',
  greet: (keeper, first) =>
    first ? asSuperuser(keeper, first.superuser, 'postgres', versionOf) : asKeeper(keeper, 'postgres', versionOf),
  // In one session: connecting is the dearest part.
  async lockDown(keeper, { golden, asked, write }) {
    const { superuser, database } = golden;
    await asSuperuser(keeper, superuser, database === '' ? 'postgres' : database, async (client) => {
      await client.query(`
        DROP ROLE IF EXISTS ${keeperName};
        CREATE ROLE ${keeperName} SUPERUSER LOGIN PASSWORD '${scramVerifier(keeper.password)}';
        DO $$ BEGIN CREATE ROLE ${ownerRole} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        ${nobodyElse};
        ${database === '' ? '' : adoptObjects(database)}`);
      await write(postgresFamily.filesOf(asked, false, keeper.password, golden));
      await client.query('SELECT pg_reload_conf()');
    });
  },
  async admit(keeper, { user, password, database }) {
    await asKeeper(keeper, 'postgres', async (client) => {
      const { rows } = await client.query<{ rolsuper: boolean }>('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [
        user,
      ]);
      if (rows[0]?.rolsuper) throw reserved(user);
      if (rows.length === 0) await client.query(`CREATE ROLE "${user}"`);
      const may = 'LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT';
      await client.query(`ALTER ROLE "${user}" ${may} PASSWORD '${scramVerifier(password)}'`);
      const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
      if (found.rows.length === 0) await client.query(`CREATE DATABASE "${database}" OWNER ${ownerRole}`);
      // Also what other accounts own in the data is the environment's now.
      await client.query(`
        DO $$ DECLARE one text; BEGIN
          FOR one IN SELECT rolname FROM pg_roles
            WHERE NOT rolsuper AND rolname NOT LIKE 'pg\\_%' AND rolname <> '${user}' LOOP
            BEGIN EXECUTE format('GRANT %I TO "${user}"', one);
            EXCEPTION WHEN invalid_grant_operation THEN NULL; END;
          END LOOP;
        END $$`);
    });
  },
  initialise: (data) => ['initdb', '-D', data, '-U', 'postgres', '-E', 'UTF8', '-A', 'reject', '--no-sync'],
  isNotYet: (error) =>
    // 57P03: it is starting; 28000 and 28P01 only while it has not read its new rules of access.
    !(error instanceof pg.DatabaseError) || ['57P03', '28000', '28P01'].includes(error.code ?? ''),
};

/** Accounts of the staging server stay, since they own things, but nobody signs in as one of them. */
const nobodyElse = `
  DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper LOOP
      EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', one);
    END LOOP;
  END $$`;

async function versionOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  return rows[0]?.server_version ?? '';
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
    ['password_encryption', 'scram-sha-256'],
    ...allowedSettings('postgres', shape.settings),
  ]
    .map(([name, value]) => `${name} = '${(value ?? '').replaceAll("'", "''")}'\n`)
    .join('');

const asKeeper = <T>(keeper: Keeper, database: string, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  connected({ ...keeper, user: keeperName, secret: keeper.password.reveal(), database }, work);

const asSuperuser = <T>(keeper: Keeper, user: string, database: string, work: (client: pg.Client) => Promise<T>) =>
  connected({ ...keeper, user, secret: undefined, database }, work);

interface Asked extends Keeper {
  readonly user: string;
  readonly secret: string | undefined;
  readonly database: string;
}

async function connected<T>(
  { run, port, user, secret, database, signal }: Asked,
  work: (client: pg.Client) => Promise<T>,
) {
  signal.throwIfAborted();
  const client = new pg.Client({
    host: run,
    port,
    user,
    database,
    ...(secret === undefined ? {} : { password: secret }),
  });
  // What ends the connection also rejects what waits for it.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const reserved = (user: string): WizardError =>
  new WizardError(`giving the account ${user} to an environment: it is the superuser of the server`, {
    code: 'database/reserved-user',
    remedy: 'change-input',
    hint: 'Name another `user` for the database in the recipe.',
  });
