import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { processesOf } from '../demo/left-behind.ts';
import { closePull, openPull, pushPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { realPart } from './real-part.ts';
import { type RealServer, realServer } from './real-server.ts';
import { runWizard } from './run-wizard.ts';
import { noSmallDisk } from './small-disk.ts';

const isHere = ['/usr/sbin/mariadbd', '/usr/bin/redis-server'].every((program) => existsSync(program));
const skip = realPart('an own database needs mariadb-server and redis-server', isHere);

const recipe = `services: { db: mariadb, cache: redis }
release: [node sql.mjs 'create table if not exists rows_ (a int); insert into rows_ values (1)']
processes: { web: { run: exec node web.mjs, health: / } }
env: { HOST: "\${db.host}", MYSQL_TCP_PORT: "\${db.port}", MYSQL_PWD: "\${db.password}", CACHE: "\${cache.url}" }
`;
const sql = `import { execFileSync } from 'node:child_process';
export const ask = (text) => execFileSync('mariadb', ['--host=' + process.env.HOST, '--user=app', '-Ne', text, 'app']).toString().trim();
if (process.argv[2]) ask(process.argv[2]);
`;
const web = `import { createServer } from 'node:http';
import { ask } from './sql.mjs';
const { WIZARD_REVISION: commit, CACHE: cache = '', PORT } = process.env;
createServer((request, response) => {
  if (request.method === 'POST') ask('insert into rows_ values (2)');
  response.end(JSON.stringify({ commit, rows: ask('select count(*) from rows_'), redis: cache.startsWith('redis://:') }));
}).listen(PORT, '127.0.0.1');
`;
const files = (more: Readonly<Record<string, string>> = {}) => ({
  '.wizard.yml': recipe,
  'web.mjs': web,
  'sql.mjs': sql,
  ...more,
});

const host = 'app-shop-7.localhost';
const shown = async (server: RealServer): Promise<unknown> => JSON.parse((await server.page(host)).body);

async function migrated(server: RealServer): Promise<unknown> {
  const { migrations = [] } = JSON.parse((await server.api('environments/shop-7')).body);
  return migrations.flatMap(({ changes }: { readonly changes: readonly string[] }) => changes);
}

async function asked(server: RealServer, what: string, phase: string, id = 'shop-7'): Promise<void> {
  const { requested } = JSON.parse((await server.api(`environments/${id}/${what}`, 'POST')).body);
  for (;;) {
    const seen = JSON.parse((await server.api(`environments/${id}`)).body);
    if (seen.observed >= requested && seen.phase === phase && seen.steps.every(isDone)) return;
    assert.notEqual(seen.phase, 'failed', seen.because);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const isDone = ({ state }: { readonly state: string }): boolean => state === 'done';

/** A server, and pull request 7 at a first commit of these files, which was told of. */
async function opened(context: TestContext, content: ReturnType<typeof files>) {
  const server = await realServer();
  context.after(() => server.close());
  // The database's own user must be able to get to the data directory.
  await chmod(server.folder, 0o755);
  await server.start();
  const first = await server.commit(content);
  const pull = { gitDir: server.gitDir(), number: 7 };
  await openPull(pull, first, { title: 'A change', author: 'mira', headRef: 'change' });
  await server.post(await server.webhook(7, 'opened'));
  return { server, first, pull };
}

test('an environment with a database and a cache of its own is pushed to, reset, put to sleep, and leaves nothing', {
  skip,
  timeout: 120_000,
}, async (context) => {
  const { server, first, pull } = await opened(context, files());
  await server.reach('shop-7', 'live', 60_000);
  assert.deepEqual(await shown(server), { commit: first, rows: '1', redis: true });
  assert.deepEqual(await migrated(server), ['table rows_ added, 1 column']);

  const second = await server.commit(files({ 'news.txt': 'pushed' }));
  await pushPull(pull, second);
  await server.post(await server.webhook(7, 'synchronize'));
  while ((await server.find('shop-7'))?.liveSha !== second) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await shown(server), { commit: second, rows: '2', redis: true }, 'the data stays across a push');
  // The route moves before the look at the schema is over.
  await server.reach('shop-7', 'live');
  assert.deepEqual(
    await migrated(server),
    ['table rows_ added, 1 column'],
    'a later commit tells what an earlier one did',
  );

  await asked(server, 'reset-data', 'live');
  assert.deepEqual(await shown(server), { commit: second, rows: '1', redis: true }, 'and begins anew when asked');

  await asked(server, 'sleep', 'asleep');
  assert.match((await server.page(host)).body, /Asleep/);
  await server.kill();
  await server.start();
  await asked(server, 'wake', 'live');
  assert.deepEqual(await shown(server), { commit: second, rows: '2', redis: true }, 'sleep keeps it, over a crash too');

  await closePull(pull);
  await server.post(await server.webhook(7, 'closed'));
  await server.reach('shop-7', 'closed');
  assert.deepEqual(await server.leftBehind(), []);
});

test('what one reviewer saved is loaded into the environment of another, and outlives its own', {
  skip,
  timeout: 120_000,
}, async (context) => {
  const server = await realServer();
  context.after(() => server.close());
  await chmod(server.folder, 0o755);
  await server.start();
  const wizard = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await runWizard(['data', ...words], { cwd: server.folder });
    assert.equal(code, 0, err);
    return out;
  };
  const rows = async (number: number): Promise<unknown> =>
    JSON.parse((await server.page(`app-shop-${number}.localhost`)).body).rows;
  for (const number of [7, 8]) {
    const head = await server.commit(files({ 'news.txt': String(number) }));
    await openPull({ gitDir: server.gitDir(), number }, head, { title: 'A', author: 'mira', headRef: `c${number}` });
    await server.post(await server.webhook(number, 'opened'));
    await server.reach(`shop-${number}`, 'live', 60_000);
  }
  // Each push adds a row by its release step.
  const pushed = await server.commit(files({ 'news.txt': 'pushed' }));
  await pushPull({ gitDir: server.gitDir(), number: 7 }, pushed);
  await server.post(await server.webhook(7, 'synchronize'));
  while ((await server.find('shop-7'))?.liveSha !== pushed) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([await rows(7), await rows(8)], ['2', '1']);
  assert.match(await wizard('save', 'shop-7', 'basket'), /db of shop-7 is saved as basket.*stood still for/);
  assert.equal(await rows(7), '2', 'it serves again');
  assert.match(await wizard('saved'), /basket +saved .* mariadb .* db of acme\/shop#7/);
  await closePull({ gitDir: server.gitDir(), number: 7 });
  await server.post(await server.webhook(7, 'closed'));
  await server.reach('shop-7', 'closed');

  await wizard('load', 'shop-8', 'basket');
  // The release step has added its row to what was saved.
  assert.equal(await rows(8), '3');
  await server.kill();
  await server.start();
  assert.equal(await rows(8), '3');
  await asked(server, 'reset-data', 'live', 'shop-8');
  assert.equal(await rows(8), '1');
  await wizard('forget', 'basket');
  await closePull({ gitDir: server.gitDir(), number: 8 });
  await server.post(await server.webhook(8, 'closed'));
  await server.reach('shop-8', 'closed');
  assert.deepEqual(await server.leftBehind(), []);
});

test('a database that lay in memory is made anew after a restart of the machine, and everything on it', {
  skip: skip || noSmallDisk,
  timeout: 120_000,
}, async (context) => {
  const inMemory = recipe.replace('db: mariadb', 'db: { mariadb: true, memory-disk: 256MB }');
  const { server, first, pull } = await opened(context, files({ '.wizard.yml': inMemory }));
  await server.reach('shop-7', 'live', 60_000);
  const [mount = assert.fail('no disk in memory is mounted')] = await memoryDisks(server);
  await asked(server, 'redeploy', 'live');
  assert.deepEqual(await shown(server), { commit: first, rows: '2', redis: true });

  await server.kill();
  await endAll(server.instance);
  execFileSync('umount', ['--lazy', mount]);
  await server.start();
  await settleInRealTime(60_000)(async () => {
    const { status, body } = await server.page(host);
    return status === 200 && body.startsWith('{');
  });
  assert.deepEqual(await shown(server), { commit: first, rows: '1', redis: true });
  await server.reach('shop-7', 'live', 60_000);
  assert.deepEqual((await memoryDisks(server)).length, 1);

  await closePull(pull);
  await server.post(await server.webhook(7, 'closed'));
  await server.reach('shop-7', 'closed');
  assert.deepEqual([await server.leftBehind(), await memoryDisks(server)], [[], []]);
});

/** As a restart of the machine does. */
const endAll = (instance: string): Promise<void> =>
  settleInRealTime(20_000)(async () => {
    const lines = await processesOf(instance);
    for (const line of lines) spawnSync('kill', ['-KILL', line.split(' ')[0] ?? '']);
    return lines.length === 0;
  });

async function memoryDisks({ dataDir }: RealServer): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '');
  return mounts.filter((path) => path.startsWith(`${dataDir}/`));
}
