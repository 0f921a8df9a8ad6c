import { join } from 'node:path';
import { WizardError } from '../../../domain/wizard-error.ts';
import { keeperName } from '../../../kit/golden/postgres-lock.ts';
import { connectMysql } from '../../../kit/mysql/mysql-connection.ts';
import { nativePasswordHash } from '../../../kit/mysql/mysql-passwords.ts';
import type { Secret } from '../../../kit/secret.ts';
import { allowedSettings } from '../allowed-settings.ts';
import type { Engine } from '../database-spec.ts';
import { type Account, type EngineFamily, longStatementMs } from './engine-family.ts';

/** For many small servers on one machine that nobody needs to survive a power cut: about 50 MB each while idle. */
const profile = [
  // What was committed is with the system, and survives the server's death: nothing waits for the disk.
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-flush-method=nosync',
  // A kill amid a write leaves half a page.
  '--innodb-doublewrite=1',
  // That of the golden copy, or each start would write the log anew.
  '--innodb-log-file-size=16M',
  '--innodb-log-buffer-size=2M',
  // Megabytes by which the file grows that keeps rows as they were before a change: no more than needed.
  '--innodb-autoextend-increment=1',
  '--innodb-buffer-pool-load-at-startup=0',
  '--innodb-buffer-pool-dump-at-shutdown=0',
  '--innodb-read-io-threads=1',
  '--innodb-write-io-threads=1',
  '--innodb-purge-threads=1',
  '--performance-schema=0',
  '--key-buffer-size=1M',
  '--loose-aria-pagecache-buffer-size=1M',
  '--tmp-table-size=8M',
  '--loose-query-cache-type=0',
  '--loose-query-cache-size=0',
  '--loose-mysqlx=0',
  '--max-connections=100',
  '--table-open-cache=200',
  '--table-definition-cache=400',
  '--thread-cache-size=2',
  '--skip-name-resolve',
  '--skip-log-bin',
  '--skip-slave-start',
  '--symbolic-links=0',
];
const statementLog = 'slow.log';
/** Written down, also those that define tables. */
const longStatements = [
  '--slow-query-log=1',
  '--log-output=FILE',
  `--long-query-time=${longStatementMs / 1000}`,
  '--loose-log-slow-admin-statements=1',
];
const poolMb = 16;
const smallestPoolMb = 6;
/** Hosts that an application on this machine may come from; the last is a container's network. */
const hosts = ['localhost', '127.0.0.1', '::1', '%'];

/** MariaDB from 10.4 and MySQL from 5.7. */
export function mysqlFamily(engine: Exclude<Engine, 'postgres'>): EngineFamily {
  const socketOf = (run: string): string => join(run, 'mysqld.sock');
  return {
    containerData: '/var/lib/mysql',
    socketOf,
    statementLog,
    // A hundred views on the server itself. MySQL looks for its table in there when it begins.
    ...(engine === 'mariadb' ? { later: ['sys'] } : {}),
    argsOf: ({ paths, port, address, shape }) => [
      '--no-defaults',
      `--datadir=${paths.data}`,
      `--socket=${socketOf(paths.run)}`,
      `--pid-file=${join(paths.run, 'pid')}`,
      `--tmpdir=${paths.temporary}`,
      `--port=${port}`,
      `--bind-address=${address}`,
      ...profile,
      ...longStatements,
      `--slow-query-log-file=${join(paths.run, statementLog)}`,
      `--innodb-buffer-pool-size=${Math.max(smallestPoolMb, shape.memoryMb ?? poolMb)}M`,
      ...allowedSettings(shape.engine, shape.settings).map(([name, value]) => `--${name}=${value}`),
      `--init-file=${join(paths.conf, 'init.sql')}`,
    ],
    filesOf: (_asked, first, keeper, golden) => ({
      'init.sql': first ? `${lockAll(engine, golden.serverVersion, keeper).join(';\n')};\n` : '\n',
    }),
    async enter({ run, password, signal }) {
      const about = { socket: socketOf(run), user: keeperName, password, signal };
      const { query, serverVersion, close } = await connectMysql(about);
      return {
        version: serverVersion,
        // Done by the statements of its first start.
        lockDown: async () => 'same',
        admit: (account) => admit(engine, account, query),
        close,
      };
    },
    stopSignal: 'SIGTERM',
    initialise: (data, temporary) =>
      engine === 'mariadb'
        ? [
            'mariadb-install-db',
            '--no-defaults',
            `--datadir=${data}`,
            `--tmpdir=${temporary}`,
            '--auth-root-authentication-method=normal',
            '--skip-test-db',
            '--innodb-log-file-size=16M',
          ]
        : [
            'mysqld',
            '--no-defaults',
            '--initialize-insecure',
            `--datadir=${data}`,
            `--tmpdir=${temporary}`,
            '--innodb-log-file-size=16M',
          ],
    // The socket is there before the server listens, and closes what waits in its queue when it gives up.
    isNotYet: (error) => !(error instanceof WizardError),
  };
}

async function admit(
  engine: Engine,
  { user, password, database }: Account,
  query: (sql: string) => Promise<unknown>,
): Promise<void> {
  const names = hosts.map((host) => `'${user}'@'${host}'`);
  await query(`CREATE DATABASE IF NOT EXISTS \`${database}\``);
  for (const statement of accountOf(engine, names, password)) await query(statement);
  const own = database.replaceAll('_', '\\_');
  // Beside its own database those that tests and tools make, such as `app_test`.
  for (const pattern of [own, `${own}\\_%`]) await query(`GRANT ALL ON \`${pattern}\`.* TO ${names.join(', ')}`);
}

/** Accounts of the staging server stay, since views and triggers run in their name, but nobody signs in as one of them. */
function lockAll(engine: Engine, version: string, keeper: Secret): readonly string[] {
  const account = `'${keeperName}'@'localhost'`;
  if (engine === 'mariadb')
    return [
      "DELETE FROM mysql.global_priv WHERE User=''",
      "UPDATE mysql.global_priv SET Priv=JSON_SET(Priv,'$.account_locked',true) WHERE JSON_VALUE(Priv,'$.is_role') IS NULL",
      'FLUSH PRIVILEGES',
      `CREATE OR REPLACE USER ${account} IDENTIFIED VIA mysql_native_password USING '${nativePasswordHash(keeper.reveal())}'`,
      `GRANT ALL ON *.* TO ${account} WITH GRANT OPTION`,
    ];
  refuseOld(version);
  return [
    "DELETE FROM mysql.user WHERE User=''",
    "UPDATE mysql.user SET account_locked='Y' WHERE User NOT LIKE 'mysql.%'",
    'FLUSH PRIVILEGES',
    `DROP USER IF EXISTS ${account}`,
    `CREATE USER ${account} IDENTIFIED BY '${keeper.reveal()}'`,
    `GRANT ALL ON *.* TO ${account} WITH GRANT OPTION`,
  ];
}

/** Made anew, so that it has no rights of an account of the same name that came with the data. */
function accountOf(engine: Engine, names: readonly string[], password: Secret): readonly string[] {
  if (engine === 'mariadb') {
    const proof = `IDENTIFIED VIA mysql_native_password USING '${nativePasswordHash(password.reveal())}'`;
    return [`CREATE OR REPLACE USER ${names.map((name) => `${name} ${proof}`).join(', ')}`];
  }
  const text = password.reveal().replaceAll(/['\\]/g, (letter) => `\\${letter}`);
  return [
    `DROP USER IF EXISTS ${names.join(', ')}`,
    `CREATE USER ${names.map((name) => `${name} IDENTIFIED BY '${text}'`).join(', ')}`,
  ];
}

function refuseOld(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 5 || (major === 5 && minor >= 7)) return;
  throw new WizardError(`starting MySQL ${version}: its accounts cannot be locked`, {
    code: 'database/too-old',
    remedy: 'fix-setup',
    hint: 'Bake the source with MySQL 5.7 or newer, or with MariaDB 10.4 or newer.',
  });
}
