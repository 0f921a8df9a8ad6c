import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { codeOf, describeError } from '../../domain/wizard-error.ts';
import { Secret } from '../../kit/secret.ts';
import type { FileOrigin, ServerOrigin } from './golden-source.ts';
import {
  allRules,
  dumpOf,
  type GoldenWorld,
  goldenWorld,
  noServer,
  type RealEngine,
  realEngines,
  served,
} from './golden-test-world.ts';

for (const engine of realEngines) {
  describe(`a running server of ${engine} as a source`, { skip: noServer(engine) }, () => {
    test('is dumped and only read; tables are left out there, and a password that is wrong is told', async () => {
      const world = await goldenWorld(engine);
      const staging = await stagingServer(world, engine);
      try {
        const { version } = await world.bake({
          from: staging.origin,
          mask: allRules,
          strict: true,
          leaveOut: ['big_*'],
          sample: { logins: 20 },
        });
        assert.equal(world.countIn(version, 'secret-host'), 0);
        const [users, log, logins, joined] = await world.ask(
          version,
          'SELECT COUNT(*) FROM users',
          'SELECT COUNT(*) FROM big_log',
          'SELECT MIN(id), COUNT(*) FROM logins',
          'SELECT COUNT(*) FROM users JOIN logins ON who = email',
        );
        assert.deepEqual([users, log, logins, joined], [[['300']], [['0']], [['281', '20']], [['20']]]);
        assert.equal(world.lines.join('\n').includes(staging.password), false, 'the password is in no log');
        const wrong = { ...staging.origin, password: new Secret('wrong') };
        const error = await world.bake({ from: wrong }).then(
          () => assert.fail('it was let in'),
          (cause: unknown) => cause,
        );
        assert.equal(codeOf(error), 'data/dump-failed', describeError(error));
        assert.deepEqual(world.left(), []);
      } finally {
        await staging.stop();
        await world.close();
      }
    });

    if (engine === 'postgres')
      test('the custom format of pg_dump is told by its first bytes', async () => {
        const world = await goldenWorld(engine);
        const staging = await stagingServer(world, engine);
        try {
          const file = join(world.folder, 'dump.custom');
          const { host, port, user, database } = staging.origin;
          const words = ['--format=custom', `--file=${file}`, '-h', host, '-p', String(port), '-U', user, database];
          execFileSync('pg_dump', words, { env: { ...process.env, PGPASSWORD: staging.password } });
          const bytes = readFileSync(file);
          await using address = await served(zstdCompressSync(bytes));
          const origins: readonly FileOrigin[] = [
            { by: 'file', path: await world.file('dump.0', bytes) },
            { by: 'file', path: await world.file('dump.1', gzipSync(bytes)) },
            { by: 'url', url: address.url },
          ];
          for (const [day, from] of origins.entries()) {
            const { version } = await world.bake({ from }, { stamp: `2026010${day + 1}T000000Z` });
            assert.deepEqual(await world.ask(version, 'SELECT COUNT(*) FROM users'), [[['300']]]);
          }
          assert.ok(world.lines.includes(`loading the dump: ${world.folder}/dump.0`), 'it is not copied first');
        } finally {
          await staging.stop();
          await world.close();
        }
      });
  });
}

interface Staging {
  readonly origin: ServerOrigin;
  readonly password: string;
  stop(): Promise<void>;
}

/** A server with a password, on a port of this machine. */
async function stagingServer({ folder }: GoldenWorld, engine: RealEngine): Promise<Staging> {
  const password = randomBytes(9).toString('hex');
  const home = join(folder, 'staging');
  const user = engine === 'mariadb' ? 'mysql' : 'postgres';
  const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, user], { encoding: 'utf8' })));
  mkdirSync(home);
  chownSync(home, uid ?? 0, gid ?? 0);
  const as = { uid: uid ?? 0, gid: gid ?? 0, cwd: home } as const;
  const port = await freePort();
  const data = join(home, 'data');
  const bin = engine === 'postgres' ? postgresBin() : '/usr/sbin';
  const env = { ...process.env, PGPASSWORD: password };
  if (engine === 'mariadb') {
    const words = ['--no-defaults', `--datadir=${data}`, `--tmpdir=${home}`];
    words.push('--auth-root-authentication-method=normal', '--skip-test-db');
    execFileSync('mariadb-install-db', words, { ...as, stdio: 'ignore' });
  } else {
    writeFileSync(join(home, 'password'), password, { mode: 0o644 });
    const words = [
      '-D',
      data,
      '-U',
      'reader',
      '-A',
      'scram-sha-256',
      `--pwfile=${join(home, 'password')}`,
      '--no-sync',
    ];
    execFileSync(join(bin, 'initdb'), words, { ...as, stdio: 'ignore' });
  }
  const args =
    engine === 'mariadb'
      ? [
          '--no-defaults',
          `--datadir=${data}`,
          `--tmpdir=${home}`,
          `--port=${port}`,
          '--bind-address=127.0.0.1',
          `--socket=${home}/s`,
        ]
      : ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${home}`];
  const server = spawn(join(bin, engine === 'mariadb' ? 'mariadbd' : 'postgres'), args, { ...as, stdio: 'ignore' });
  const client = (sql: string, database = ''): void => {
    const words =
      engine === 'mariadb'
        ? ([
            'mariadb',
            ['--no-defaults', `--socket=${home}/s`, '-uroot', ...(database === '' ? [] : [database])],
          ] as const)
        : ([
            'psql',
            ['-q', '-o', '/dev/null', '-h', '127.0.0.1', '-p', String(port), '-U', 'reader', database || 'postgres'],
          ] as const);
    execFileSync(words[0], words[1], { input: sql, env, stdio: ['pipe', 'ignore', 'ignore'] });
  };
  await settleInRealTime(60_000)(async () => {
    try {
      client('SELECT 1;');
      return true;
    } catch {
      return false;
    }
  });
  client('CREATE DATABASE app;');
  client(dumpOf(engine), 'app');
  if (engine === 'mariadb')
    client(`CREATE USER reader@'%' IDENTIFIED BY '${password}'; GRANT ALL ON app.* TO reader@'%';`);
  const options = engine === 'mariadb' ? ['--single-transaction', '--quick'] : ['--no-owner', '--no-privileges'];
  const by = engine === 'mariadb' ? 'mysql' : 'postgres';
  const origin = {
    by,
    host: '127.0.0.1',
    port,
    user: 'reader',
    password: new Secret(password),
    database: 'app',
    options,
  } as const;
  return {
    origin,
    password,
    async stop() {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function postgresBin(): string {
  const root = '/usr/lib/postgresql';
  const newest = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0] ?? '';
  return statSync(join(root, newest, 'bin')).isDirectory() ? join(root, newest, 'bin') : '';
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}
