import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { processesOf } from '../demo/left-behind.ts';
import { closePull, openPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { findServers, seriesOf } from '../src/drivers/database/server-programs.ts';
import { unmount } from '../src/kit/clone/mounts.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { noServer } from './golden-database.ts';
import { noPool } from './pool-disk.ts';
import { type RealServer, realServer } from './real-server.ts';
import { type Ran, runWizard } from './run-wizard.ts';

const skip = noServer('mariadb') || noPool('xfs');

const web = `import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';
const ask = (text) => execFileSync('mariadb', ['--host=' + process.env.HOST, '--user=app', '-Ne', text, process.env.NAME]).toString().trim();
createServer((_, response) => response.end(ask('select count(*) from users'))).listen(process.env.PORT, '127.0.0.1');
`;
const recipe = `services: { db: { mariadb: "${seriesOf('mariadb', (await findServers('mariadb'))[0]?.version ?? '10.11')}", data: staging } }
processes: { web: { run: exec node web.mjs, health: / } }
env: { HOST: "\${db.host}", NAME: "\${db.database}", MYSQL_TCP_PORT: "\${db.port}", MYSQL_PWD: "\${db.password}" }
`;
const dump = `CREATE TABLE users (id INT PRIMARY KEY, mail VARCHAR(80));\nINSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c');\n`;
const sources = `data-sources:
  staging: { dump: ./staging.sql, masked: true, golden: { engine: mariadb, spares: 0 } }
  uploads: { directory: ./uploads, golden-files: { schedule: 0 4 * * * } }
`;

const settle = settleInRealTime(60_000);

async function killAll({ instance }: RealServer): Promise<void> {
  const left = async (): Promise<number[]> => (await processesOf(instance)).map((line) => Number(line.split(' ')[0]));
  for (const pid of await left()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  await settle(async () => (await left()).length === 0);
}

/** The innermost first. */
async function unmountBelow(folder: string): Promise<void> {
  const places = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '');
  for (const place of places.reverse()) if (place.startsWith(`${folder}/`)) await unmount(place);
}

async function opened(server: RealServer, number: number): Promise<void> {
  const sha = await server.commit({ '.wizard.yml': recipe, 'web.mjs': web, 'news.txt': String(number) });
  await openPull({ gitDir: server.gitDir(), number }, sha, { title: 'A', author: 'mira', headRef: `c${number}` });
  await server.post(await server.webhook(number, 'opened'));
  await server.reach(`shop-${number}`, 'live', 45_000);
}

test('a machine without reflinks gets a pool beside what runs, loses its mount, and gives the pool back', {
  skip,
  timeout: 240_000,
}, async (context) => {
  const server = await realServer({ more: sources, each: '    recipe-from: head\n    allow: { data: [staging] }\n' });
  context.after(async () => {
    await server.kill();
    await killAll(server);
    await unmountBelow(server.folder);
    await server.close();
  });
  await chmod(server.folder, 0o755);
  await writeFile(join(server.folder, 'staging.sql'), dump);
  const wizard = (...words: string[]): Promise<Ran> => runWizard(words, { cwd: server.folder });
  const done = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await wizard(...words);
    assert.equal(code, 0, err);
    return out;
  };
  const users = async (number: number): Promise<string> => (await server.page(`app-shop-${number}.localhost`)).body;

  await mkdir(join(server.folder, 'uploads'));
  await writeFile(join(server.folder, 'uploads/logo'), 'a logo');

  await server.start();
  await done('data', 'bake', 'staging');
  await done('data', 'bake', 'uploads');
  const files = /GOLDEN COPY[\s\S]*Z-[0-9a-f]{8} +current .* 0 +files/;
  assert.match(await done('data', 'list', 'uploads'), files);
  await opened(server, 7);
  const refused = await wizard('data', 'pool', 'create', '--size', '1G');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /a server uses this data directory now\nStop the server, run the command again/);

  await server.stop();
  const made = await done('data', 'pool', 'create', '--size', '1G');
  assert.match(made, /The pool is made[\s\S]*Method +reflink/);
  await server.start();
  assert.equal(await users(7), '3', 'it was not disturbed');
  await opened(server, 8);
  assert.equal(await users(8), '3');
  assert.match(await done('data', 'pool'), /Clones +1\n/);
  assert.match(await done('data', 'list', 'uploads'), files);
  assert.ok(existsSync(join(server.dataDir, 'pool/golden/uploads')), 'copies of files are in the pool, too');
  assert.match(await done('data', 'list'), /CLONES[\s\S]*staging +baked .* 2 /);
  assert.match(await done('data', 'list', 'staging'), /GOLDEN COPY[\s\S]*current .* 2 +mariadb 10/);
  assert.match(await done('show', 'shop-8'), /✔ db +done in [0-9.]+ m?s, [0-9.]+ MB of its own/);

  await done('data', 'bake', 'staging');
  assert.match(await done('data', 'list', 'staging'), /current .* 0 +mariadb 10[^\n]*\n.*kept .* 2 +mariadb 10/);
  await done('reset-data', 'shop-8');
  assert.equal(await users(8), '3');
  assert.match(await done('data', 'list', 'staging'), /current .* 1 +mariadb 10[^\n]*\n.*kept .* 1 +mariadb 10/);

  // As after a start of the machine.
  await server.kill();
  await killAll(server);
  await unmount(join(server.dataDir, 'pool'));
  assert.ok(!existsSync(join(server.dataDir, 'golden-databases/staging')));
  const started = await server.start();
  assert.match(started.printed.out, /pool\.mounted/);
  for (const number of [7, 8]) {
    await settle(async () => (await users(number)) === '3');
  }

  const inUse = async (): Promise<void> => {
    await server.stop();
    assert.match((await wizard('data', 'pool', 'remove')).err, /removing the pool: 1 clone lies in it/);
    await server.start();
  };
  await inUse();
  for (const number of [7, 8]) {
    await closePull({ gitDir: server.gitDir(), number });
    await server.post(await server.webhook(number, 'closed'));
    await server.reach(`shop-${number}`, 'closed', 60_000);
  }
  await server.stop();
  assert.match(await done('data', 'pool', 'remove'), /The pool is gone/);
  await server.start();
  await opened(server, 9);
  assert.equal(await users(9), '3');
  await closePull({ gitDir: server.gitDir(), number: 9 });
  await server.post(await server.webhook(9, 'closed'));
  await server.reach('shop-9', 'closed', 60_000);
  assert.deepEqual(await server.leftBehind(), []);
});
