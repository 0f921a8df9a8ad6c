import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../kit/clock.ts';
import { type BakingFolder, makeBakingFolder } from '../baking-folder.ts';
import type { BakeRoom } from '../engine-family.ts';
import type { Engine } from '../golden-source.ts';
import { mysqlServer } from './mysql-server.ts';

/** Options of `mysqld` 5.7 to 8.4, as its manual lists them. An unknown one ends the server, unless it is called `loose`. */
const known = new Set([
  ...[
    'no-defaults',
    'initialize-insecure',
    'datadir',
    'socket',
    'skip-networking',
    'pid-file',
    'tmpdir',
    'skip-log-bin',
  ],
  ...['performance-schema', 'innodb-doublewrite', 'innodb-flush-log-at-trx-commit', 'innodb-buffer-pool-size'],
  ...['innodb-buffer-pool-load-at-startup', 'innodb-buffer-pool-dump-at-shutdown', 'innodb-log-file-size'],
  ...['innodb-log-buffer-size', 'innodb-io-capacity', 'innodb-fast-shutdown', 'max-allowed-packet', 'event-scheduler'],
  'skip-name-resolve',
]);

/** The command lines of a bake, none of which is run: the program is one that fails at once. */
async function commandsOf(engine: Exclude<Engine, 'postgres'>): Promise<readonly (readonly string[])[]> {
  const path = await mkdtemp(join(tmpdir(), 'wizard-mysql-'));
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const inner = (name: string): string => join(path, name);
  const folder: BakingFolder = {
    ...{ path: inner('baking'), run: inner('run'), data: inner('data'), temporary: inner('tmp') },
    ...{ log: inner('log'), golden: inner('golden') },
  };
  const commands: string[][] = [];
  const call = (program: string, args: readonly string[]) => {
    commands.push([program, ...args]);
    return { argv: ['false'], env: {}, cwd: path };
  };
  const programs = { version: '8.4.0', owner, call, clear: async () => undefined };
  const room: BakeRoom = { folder, programs, clock: systemClock, signal: AbortSignal.timeout(20_000) };
  const server = mysqlServer(engine);
  try {
    await makeBakingFolder(folder, owner);
    await assert.rejects(server.initialise(room));
    for (const profile of ['load', 'last'] as const)
      await assert.rejects(server.start(room, profile), { code: 'golden/server-failed' });
    server.client(room, 'app', 'dump');
    return commands;
  } finally {
    await rm(path, { recursive: true });
  }
}

test('MySQL of Oracle is called by its own names, with no option that only MariaDB knows', async () => {
  const commands = await commandsOf('mysql');
  assert.deepEqual(
    commands.map(([program]) => program),
    ['mysqld', 'mysqld', 'mysqld', 'mysql'],
  );
  for (const [, ...args] of commands.slice(0, 3)) {
    const names = args.map((arg) => /^--([^=]+)/.exec(arg)?.[1] ?? arg).filter((name) => !name.startsWith('loose-'));
    assert.deepEqual(
      names.filter((name) => !known.has(name)),
      [],
    );
  }
  assert.ok(commands[0]?.includes('--initialize-insecure'));
});

test('MariaDB is, too', async () => {
  const programs = (await commandsOf('mariadb')).map(([program]) => program);
  assert.deepEqual(programs, ['mariadb-install-db', 'mariadbd', 'mariadbd', 'mariadb']);
});

test('each has a folder for temporary files of its own, since a server that starts deletes those of others', async () => {
  for (const engine of ['mariadb', 'mysql'] as const)
    for (const [program, ...args] of (await commandsOf(engine)).slice(0, 3))
      assert.equal(args.filter((arg) => /^--tmpdir=\/.*\/tmp$/.test(arg)).length, 1, program);
});
