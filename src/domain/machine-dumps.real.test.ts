import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { realPart } from '../../testing/real-part.ts';
import { plainShell, scriptStatus } from './shell-text.ts';

const programs = ['bash', 'curl', 'gzip', 'zstd', 'du'];
const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0);
const skip = realPart(`${missing.join(', ')} not installed`, missing.length === 0);

const dump = `-- MariaDB dump 10.19\n${'INSERT INTO a VALUES (1);\n'.repeat(20_000)}-- Dump completed on 2026-01-01\n`;
const ofPostgres = `--\n-- PostgreSQL database dump\n--\n${'SELECT 1;\n'.repeat(200)}--\n-- PostgreSQL database dump complete\n--\n`;
const cut = (whole: Buffer): Buffer => whole.subarray(0, whole.length / 2);

/** What is asked for → what is answered. */
const answers: Readonly<Record<string, Buffer>> = {
  '/plain.sql': Buffer.from(dump),
  '/dump.sql.gz': gzipSync(dump),
  '/dump.sql.zst': zstdCompressSync(dump),
  '/postgres.sql.gz': gzipSync(ofPostgres),
  '/of-a-cut-postgres.sql.gz': gzipSync(cut(Buffer.from(ofPostgres))),
  '/cut.sql': cut(Buffer.from(dump)),
  '/cut.sql.gz': cut(gzipSync(dump)),
  '/cut.sql.zst': cut(zstdCompressSync(Buffer.from(dump))),
  '/of-a-cut.sql.gz': gzipSync(cut(Buffer.from(dump))),
  '/of-a-cut.sql.zst': zstdCompressSync(cut(Buffer.from(dump))),
};

interface Ran {
  readonly status: number | null;
  readonly said: string;
  /** What the first start of the service would load. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** What is still in the folder of settings. */
  readonly settings: readonly string[];
}

describe('how a machine gets its dump', { skip }, () => {
  let folder: string;
  let server: Server;
  let address: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wizard-dump-'));
    server = createServer(({ url = '' }, response) => answer(url, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server?.closeAllConnections();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs one line of the machine's own script, with the settings of the service `mysql`. */
  async function run(line: string, settings: string, path = ''): Promise<Ran> {
    const root = await mkdtemp(join(folder, 'run-'));
    const [dumps, sent] = [join(root, 'mysql', 'initdb'), join(root, 'claim.settings')];
    await Promise.all([dumps, sent].map((one) => mkdir(one, { recursive: true })));
    await writeFile(join(sent, 'mysql.dump'), settings);
    const given = 'say() { printf "== %s\\n" "$*"; }\nneed() { command -v "$1" >/dev/null; }\n';
    const script = `set -euo pipefail\nfolder=$1 claim=claim dumps=$2\n${given}${plainShell.dumps}\n${line}\n`;
    const child = spawn('bash', ['-c', script, 'bash', root, dumps], {
      env: { PATH: `${path}:${process.env['PATH']}` },
    });
    const [said, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    const names = await readdir(dumps);
    const files = await Promise.all(names.map(async (name) => [name, await readFile(join(dumps, name))] as const));
    return { status, said: said + errors, files: Object.fromEntries(files), settings: await readdir(sent) };
  }

  const fetched = (path: string): Promise<Ran> =>
    run('fetch_dump mysql "$dumps"', `DUMP_URL=${path.startsWith('/') ? `${address}${path}` : path}\n`);

  test('one that is fetched plain is loaded as it is', async () => {
    const { status, files, settings } = await fetched('/plain.sql?x=[1-3]&y="b\\c"');
    assert.equal(status, 0);
    assert.deepEqual(Object.keys(files), ['dump.sql']);
    assert.equal(files['dump.sql']?.toString(), dump);
    assert.deepEqual(settings, [], 'its address may be a secret, and is not needed any more');
  });

  for (const path of ['/dump.sql.gz', '/dump.sql.zst'])
    test(`${path} is known by its content, and loaded compressed by gzip`, async () => {
      const { status, files } = await fetched(path);
      assert.equal(status, 0);
      assert.deepEqual(Object.keys(files), ['dump.sql.gz']);
      assert.equal(gunzipSync(files['dump.sql.gz'] ?? '').toString(), dump);
    });

  test('that of PostgreSQL is taken as it is too', async () => {
    const { status, files } = await fetched('/postgres.sql.gz');
    assert.equal(status, 0);
    assert.deepEqual(files, { 'dump.sql.gz': answers['/postgres.sql.gz'] });
  });

  for (const path of Object.keys(answers).filter((one) => one.includes('cut')))
    test(`${path}, which was cut off where it comes from, is the operator’s to mend`, async () => {
      const { status, said } = await fetched(path);
      assert.equal(status, scriptStatus.setup);
      assert.match(said, /== mysql: the fetched dump is damaged or cut off/);
    });

  test('one whose connection breaks off may go better another time', async () => {
    const { status, said, settings } = await fetched('/breaks-off');
    assert.equal(status, scriptStatus.again);
    assert.match(said, /== mysql: the dump was cut off in the middle/);
    assert.deepEqual(settings, []);
  });

  test('what its server answers is said, and its address is not', async () => {
    const { status, said, settings } = await fetched('/nowhere?signature=1234');
    assert.equal(status, scriptStatus.setup);
    assert.match(said, /== mysql: the dump is not to be had: its server answers 404/);
    assert.doesNotMatch(said, /1234/);
    assert.deepEqual(settings, []);
  });

  test('a server that does not answer is said to be out of reach', async () => {
    const { status, said } = await fetched('http://127.0.0.1:1/dump.sql');
    assert.equal(status, scriptStatus.setup);
    assert.match(said, /== mysql: the server of the dump cannot be reached from this machine/);
  });

  for (const [what, ending] of Object.entries({ works: 0, fails: 2 }))
    test(`the password of the database is deleted as soon as mysqldump ends, also when it ${what}`, async () => {
      const programs = await mkdtemp(join(folder, 'programs-'));
      const docker = join(programs, 'docker');
      await writeFile(docker, `#!/bin/sh\necho '-- Dump completed'\nexit ${ending}\n`);
      await chmod(docker, 0o755);
      const { port } = server.address() as AddressInfo;
      const line = `dump_mysql mysql mysql:5.6 "$dumps" marked 127.0.0.1 ${port} shop`;
      const { status, said, settings } = await run(line, 'MYSQL_PWD=horse\n', programs);
      assert.equal(status, ending === 0 ? 0 : scriptStatus.setup, said);
      assert.deepEqual(settings, []);
    });
});

test('the client of Docker is installed where apt knows it as a package of its own', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-apt-'));
  try {
    const need = /\nneed\(\) \{[\s\S]*?\n\}/.exec(plainShell.opening)?.[0] ?? '';
    const wants = /^need docker .*(?= \|\| exit$)/m.exec(plainShell.docker)?.[0] ?? '';
    const installed = (known: string): string => {
      const stubs = `command() { return 1; }\nsay() { :; }\napt-cache() { [ "$2" = "${known}" ]; }\napt-get() { case "$*" in *install*) echo "\${*: -3}" ;; esac; }`;
      const seen = spawnSync('bash', ['-euc', `${stubs}\n${need}\n${wants}`], { cwd: folder, encoding: 'utf8' });
      assert.equal(seen.stderr, '');
      return seen.stdout.trim().replace(/^.*--no-install-recommends /, '');
    };
    // A file of such a name must not be taken for a package.
    await writeFile(join(folder, 'docker-clix'), '');
    assert.equal(installed('docker-cli'), 'docker.io docker-cli ca-certificates');
    assert.equal(installed('nothing'), 'docker.io ca-certificates');
  } finally {
    await rm(folder, { recursive: true });
  }
});

function answer(url: string, response: ServerResponse): void {
  const found = answers[url.split('?')[0] ?? ''];
  if (found) response.end(found);
  else if (url === '/breaks-off') {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write('-- MySQL dump', () => response.destroy());
  } else response.writeHead(404).end('nothing here');
}
