import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../demo/browse.ts';
import { processesOf } from '../demo/left-behind.ts';
import { closePull, openPull, pushPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { appFiles, type RealServer, type RealServerAbout, realServer } from './real-server.ts';
import { runWizard } from './run-wizard.ts';

const web = 'processes: { web: exec node web.mjs }\n';
const slow = `build: [{ name: slow, run: echo begun; sleep 2 }]\n${web}`;

async function opened(context: TestContext, about: RealServerAbout = {}): Promise<RealServer> {
  const server = await realServer(about);
  context.after(() => server.close());
  return server;
}

async function open(server: RealServer, number: number, recipe: string): Promise<string> {
  const sha = await server.commit(appFiles(recipe));
  await openPull({ gitDir: server.gitDir(), number }, sha, { title: 'A change', author: 'mira', headRef: 'change' });
  assert.equal((await server.post(await server.webhook(number, 'opened'))).status, 202);
  return sha;
}

async function close(server: RealServer, number: number): Promise<void> {
  await closePull({ gitDir: server.gitDir(), number });
  await server.post(await server.webhook(number, 'closed'));
  await server.reach(`shop-${number}`, 'closed');
}

/** How many processes serve: the program itself, not what started it. */
const serving = async (server: RealServer): Promise<number> =>
  (await processesOf(server.instance)).filter((line) => /^\d+ node web\.mjs$/.test(line)).length;

const startOnce = (server: RealServer) => runWizard(['serve', '--config', join(server.folder, 'wizard.yml')]);

test('a server whose port is taken says so and ends', { timeout: 30_000 }, async (context) => {
  const server = await opened(context);
  const taken = createServer().listen(0, '127.0.0.1');
  context.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const path = join(server.folder, 'wizard.yml');
  await writeFile(path, (await readFile(path, 'utf8')).replace('gateway: 127.0.0.1:0', `gateway: 127.0.0.1:${port}`));
  const { code, err } = await startOnce(server);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`uses port .*${port}`));
});

test('a server whose database is damaged says what to do, without a stack', { timeout: 30_000 }, async (context) => {
  const server = await opened(context);
  await mkdir(server.dataDir);
  await writeFile(join(server.dataDir, 'wizard.sqlite'), 'not a database '.repeat(500));
  const { code, err } = await startOnce(server);
  assert.equal(code, 1);
  assert.match(err, /opening the store.*not a database\n.*backup/);
  assert.doesNotMatch(err, /\.ts:\d+/);
});

test('a first recipe that cannot be read is shown where its author looks, and a push mends it', {
  timeout: 40_000,
}, async (context) => {
  const server = await opened(context);
  await server.start();
  await open(server, 1, 'proceses: { web: a }\n');
  await server.reach('shop-1', 'failed');
  const page = await server.page('app-shop-1.localhost', { accept: 'application/json' });
  assert.equal(page.status, 503);
  assert.match(page.body, /did you mean \\"processes\\"/);
  const sha = await server.commit(appFiles(`endpoints: { site: web }\n${web}`));
  await pushPull({ gitDir: server.gitDir(), number: 1 }, sha);
  await server.post(await server.webhook(1, 'synchronize'));
  await server.reach('shop-1', 'live');
  assert.equal((await server.page('site-shop-1.localhost')).body, sha);
  assert.equal((await server.page('app-shop-1.localhost')).status, 404);
  await close(server, 1);
  assert.deepEqual(await server.leftBehind(), []);
});

test('a build that forks and never ends is ended at its time limit, with all that it started', {
  timeout: 40_000,
}, async (context) => {
  const server = await opened(context);
  await server.start();
  const run = `setsid sleep 1000 & setsid sh -c 'while :; do sleep 1; done' & sleep 1000`;
  await open(server, 1, `build: [{ name: forks, run: ${JSON.stringify(run)}, time-limit: 1s }]\n${web}`);
  const { failure } = await server.reach('shop-1', 'failed');
  assert.match(failure?.message ?? '', /took longer than 1 s/);
  assert.deepEqual(await processesOf(server.instance), []);
});

test('a process that exits at once is started again in vain, then its page and its timeline say how it ended', {
  timeout: 60_000,
}, async (context) => {
  const server = await opened(context);
  await server.start();
  await open(server, 1, `processes: { web: 'echo no key for the mail; exit 3' }\n`);
  const { failure } = await server.reach('shop-1', 'failed', 50_000);
  assert.match(failure?.message ?? '', /exited with status 3/);
  assert.deepEqual(failure?.lastLines, ['no key for the mail']);
  const page = await server.page('app-shop-1.localhost');
  assert.equal(page.status, 503);
  assert.match(page.body, /exited with status 3/);
  assert.match(page.body, /no key for the mail/);
  const { entries }: { entries: { about: string; what: string; message: string }[] } = JSON.parse(
    (await server.api('environments/shop-1/timeline')).body,
  );
  const ends = entries.filter(({ about, message }) => about === 'web' && /exited with status 3/.test(message));
  assert.deepEqual(
    ends.map(({ what }) => what),
    ['destroy', 'destroy', 'parked'],
    'twice anew, then it rests',
  );
  assert.deepEqual(await processesOf(server.instance), []);
});

test('a second pull request on the same lock file does not install again, and its live page says how long it takes', {
  timeout: 60_000,
}, async (context) => {
  const server = await opened(context);
  const [installs, gate] = [join(server.folder, 'installs'), join(server.folder, 'gate')];
  // What people see while `compile` waits at the gate does not hang on the clock.
  const build = [
    {
      name: 'install',
      run: `echo ran >> ${installs}; mkdir node_modules; cp package-lock.json node_modules/made-of`,
      reuse: { files: ['package-lock.json'], keep: ['node_modules'] },
    },
    {
      name: 'compile',
      run: `echo '2 < 3 modules'; until [ -e ${gate} ]; do sleep 0.05; done; cp node_modules/made-of built`,
    },
  ];
  const recipe = `build: ${JSON.stringify(build)}\n${web}`;
  const ran = async (): Promise<string> => readFile(installs, 'utf8').catch(() => '');
  const built = async (number: number, lock: string): Promise<string> => {
    const sha = await server.commit({ ...appFiles(recipe), 'package-lock.json': lock, 'change.txt': `${number}` });
    await openPull({ gitDir: server.gitDir(), number }, sha, { title: 'A change', author: 'mira', headRef: 'change' });
    await server.post(await server.webhook(number, 'opened'));
    const page = await until('compile to be at work', 20_000, async () => {
      const { body } = await server.page(`app-shop-${number}.localhost`);
      // Its log comes with the page itself, for who has no script.
      return /<li class="working">((?!<li ).)*Build: compile/.test(body) && /<pre[^>]*>2 &lt; 3 modules</.test(body)
        ? body
        : undefined;
    });
    await writeFile(gate, '');
    assert.equal((await server.reach(`shop-${number}`, 'live')).liveSha, sha);
    await rm(gate);
    return page;
  };
  await server.start();
  assert.match(await built(1, 'one'), /No estimate yet/);
  assert.equal(await ran(), 'ran\n');
  const second = await built(2, 'one');
  assert.equal(await ran(), 'ran\n', 'what the first made is brought back');
  assert.match(second, /<span data-left="\d+">(About \d+ s left|Any moment now)/);
  assert.match(second, /Build: compile((?!<li ).)*usually \d+\.\d s/);
  await built(3, 'two');
  assert.equal(await ran(), 'ran\nran\n', 'another lock file is another step');
});

test('a push ends the build of the commit before at once, long before its own is fetched', {
  timeout: 40_000,
}, async (context) => {
  const server = await opened(context);
  await server.start();
  // It would take minutes, and when it is asked to end it takes its time over that too.
  const run = `trap 'sleep 2; exit 1' TERM; echo begun; sleep 300 & wait $!; sleep 300`;
  await open(server, 1, `build: [{ name: endless, run: ${JSON.stringify(run)} }]\n${web}`);
  await until('the build', 20_000, async () => ((await processesOf(server.instance)).length > 0 ? true : undefined));
  const second = await server.commit(appFiles(`${web}# pushed\n`));
  await pushPull({ gitDir: server.gitDir(), number: 1 }, second);
  await server.post(await server.webhook(1, 'synchronize'));
  assert.equal((await server.reach('shop-1', 'live')).liveSha, second);
  const { entries }: { entries: { about: string; what: string; at: number }[] } = JSON.parse(
    (await server.api('environments/shop-1/timeline')).body,
  );
  const abortedAt = entries.findIndex(({ about, what }) => about === 'build-endless' && what === 'destroy');
  const fetchedAt = entries.findLastIndex(({ about, what }) => about === 'checkout' && what === 'ready');
  assert.ok(abortedAt >= 0 && abortedAt < fetchedAt, JSON.stringify(entries));
  const [push]: { receivedAt: number }[] = JSON.parse((await server.api('deliveries')).body).deliveries;
  context.diagnostic(`ended ${(entries[abortedAt]?.at ?? 0) - (push?.receivedAt ?? 0)} ms after the push came`);
  await close(server, 1);
  assert.deepEqual(await server.leftBehind(), []);
});

test('a server killed in mid-build, and again after a push, ends the story well with each process once', {
  timeout: 60_000,
}, async (context) => {
  const server = await opened(context);
  await server.start();
  const first = await open(server, 1, slow);
  await until('the build', 20_000, async () => ((await processesOf(server.instance)).length > 0 ? true : undefined));
  await server.kill();
  await server.start();
  assert.equal((await server.reach('shop-1', 'live')).liveSha, first);
  assert.equal(await serving(server), 1);
  const second = await server.commit(appFiles(`${web}# pushed\n`));
  await pushPull({ gitDir: server.gitDir(), number: 1 }, second);
  await server.post(await server.webhook(1, 'synchronize'));
  await server.kill();
  await server.start();
  await until('the new commit', 30_000, async () =>
    (await server.page('app-shop-1.localhost')).body === second ? true : undefined,
  );
  await until('the old process to end', 20_000, async () => ((await serving(server)) === 1 ? true : undefined));
  await close(server, 1);
  assert.deepEqual(await server.leftBehind(), []);
  const replay = await server.webhook(1, 'opened');
  assert.equal((await server.post(replay)).status, 202);
  await open(server, 2, web);
  await server.reach('shop-2', 'live');
  assert.equal(await serving(server), 1, 'an old webhook brings nothing back');
});

test('a server that is killed and loses its whole data directory ends what it had started, and makes it anew once', {
  timeout: 60_000,
}, async (context) => {
  const server = await opened(context);
  await server.start();
  const recipe = 'endpoints: { app: web }\nprocesses: { web: exec node web.mjs, worker: exec sleep 1000 }\n';
  const sha = await open(server, 1, recipe);
  await server.reach('shop-1', 'live');
  const before = await processesOf(server.instance);
  await server.kill();
  await rename(server.dataDir, `${server.dataDir}-lost`);
  await server.start();
  assert.equal((await server.reach('shop-1', 'live')).liveSha, sha);
  const after = await processesOf(server.instance);
  assert.equal(after.length, before.length, 'none runs twice');
  assert.deepEqual(
    after.filter((line) => before.includes(line)),
    [],
    'none of the former life is left',
  );
  assert.equal((await server.page('app-shop-1.localhost')).body, sha);
  await close(server, 1);
  assert.deepEqual(await server.leftBehind(), []);
});
