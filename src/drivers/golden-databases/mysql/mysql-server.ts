import { readdir } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { connectMysql } from '../../../kit/mysql/mysql-connection.ts';
import { removeTree } from '../../../kit/remove-tree.ts';
import { runCommand } from '../../../kit/run-command.ts';
import { Secret } from '../../../kit/secret.ts';
import type { BakeRoom, EngineFamily } from '../engine-family.ts';
import type { Engine } from '../golden-source.ts';
import { startPrivateServer } from '../private-server.ts';

type Family = Exclude<Engine, 'postgres'>;
type Server = Pick<EngineFamily, 'initialise' | 'start' | 'session' | 'client' | 'trim'>;

const initLimitMs = 10 * 60_000;
const mebi = 1024 ** 2;
const socketOf = ({ folder }: BakeRoom): string => join(folder.run, 's');

/** Much memory and nothing written twice: a crash of it is no loss, since the bake begins anew. */
const poolMb = (): number => Math.round(Math.min(2048, Math.max(128, totalmem() / mebi / 8)));

const forAll = (engine: Family): string[] => [
  '--performance-schema=0',
  '--skip-log-bin',
  '--innodb-doublewrite=0',
  '--innodb-flush-log-at-trx-commit=0',
  // What is written at the end is forced to the disk with the whole copy.
  ...(engine === 'mariadb' ? ['--innodb-flush-method=nosync'] : ['--loose-mysqlx=0']),
  // Pages that are given up keep nothing of what was on them.
  '--loose-innodb-immediate-scrub-data-uncompressed=1',
  '--innodb-buffer-pool-load-at-startup=0',
  '--innodb-buffer-pool-dump-at-shutdown=0',
];
/**
 * MariaDB keeps rows as they were before a change in files of their own then, and begins new ones when it is started with another number
 * of them: clones, and our last start, have the usual one.
 */
const undoApart = ['--innodb-undo-tablespaces=5'];
/** As `--innodb-log-file-size` of clones: so that they find the redo log as they want it. */
const cloneLogMb = 16;

const profiles = {
  load: () => [
    `--innodb-buffer-pool-size=${poolMb()}M`,
    '--innodb-log-file-size=256M',
    '--innodb-log-buffer-size=64M',
    '--innodb-io-capacity=2000',
  ],
  last: () => ['--innodb-buffer-pool-size=64M', `--innodb-log-file-size=${cloneLogMb}M`],
};

/** How servers of MariaDB (10.4 and newer) and MySQL (5.7 and newer) are made, started and left. */
export const mysqlServer = (engine: Family): Server => ({
  async initialise({ folder, programs, signal }) {
    const { data, temporary } = folder;
    // Each MariaDB that starts deletes what lies in the folder for temporary files that it shares with others.
    const places = [`--datadir=${data}`, `--tmpdir=${temporary}`];
    const { argv, env, cwd } =
      engine === 'mariadb'
        ? programs.call(
            'mariadb-install-db',
            [
              ...['--no-defaults', ...places, '--auth-root-authentication-method=normal', '--skip-test-db'],
              ...['--skip-name-resolve', ...forAll(engine), ...undoApart],
            ],
            { as: 'owner' },
          )
        : programs.call('mysqld', ['--no-defaults', '--initialize-insecure', ...places, ...forAll(engine)], {
            as: 'owner',
          });
    await runCommand(argv, { env, cwd, signal, timeLimitMs: initLimitMs, doing: 'making an empty database server' });
  },
  start(room, profile) {
    const { folder, programs, clock, signal } = room;
    const args = [
      ...['--no-defaults', `--datadir=${folder.data}`, `--socket=${socketOf(room)}`, '--skip-networking'],
      ...[`--pid-file=${join(folder.run, 'pid')}`, `--tmpdir=${folder.temporary}`],
      ...forAll(engine),
      ...profiles[profile](),
      ...(engine === 'mariadb' && profile === 'load' ? undoApart : []),
      // Nothing is left to be done at the next start.
      '--innodb-fast-shutdown=0',
      '--max-allowed-packet=1G',
      '--event-scheduler=OFF',
      '--loose-skip-slave-start',
      '--skip-name-resolve',
    ];
    const call = programs.call(engine === 'mariadb' ? 'mariadbd' : 'mysqld', args, { as: 'owner' });
    const greet = async (): Promise<void> => (await connect(room)).close();
    return startPrivateServer({ call, log: folder.log, clock, signal, greet, stopSignal: 'SIGTERM' });
  },
  async session(room, database) {
    const connection = await connect(room);
    for (const setting of ['foreign_key_checks=0', 'unique_checks=0', "sql_mode=''", 'group_concat_max_len=1000000'])
      await connection.query(`SET SESSION ${setting}`);
    if (database !== undefined) await connection.query(`USE \`${database}\``);
    return { query: (sql) => connection.query(sql), close: async () => connection.close() };
  },
  client(room, database, what) {
    const quick = '--init-command=SET SESSION foreign_key_checks=0, unique_checks=0';
    const words = [
      ...['--no-defaults', `--socket=${socketOf(room)}`, '--user=root', '--max-allowed-packet=1G', '--batch', quick],
      // A statement that is refused holds rows.
      '--loose-skip-print-query-on-error',
      // Text may hold what would be a command of the client's. What it answers is waited for.
      ...(what === 'dump' ? ['--binary-mode', '--unbuffered'] : []),
    ];
    return room.programs.call(engine === 'mariadb' ? 'mariadb' : 'mysql', [...words, database], { as: 'us' });
  },
  async trim({ folder }) {
    const one = /^(ibtmp1|ib_buffer_pool|auto\.cnf|#innodb_temp|#ib_.*\.dblwr|.*\.(pid|sock|err|lock))$/;
    for (const name of await readdir(folder.data)) if (one.test(name)) await removeTree(join(folder.data, name));
  },
});

const connect = (room: BakeRoom) =>
  connectMysql({ socket: socketOf(room), user: 'root', password: new Secret(''), signal: room.signal });
