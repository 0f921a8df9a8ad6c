import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { closedPort } from '../../testing/gateway-world.ts';
import { runWizard, startWizard } from '../../testing/run-wizard.ts';

const settings = `
listen: { api: 127.0.0.1:0, gateway: 127.0.0.1:0 }
api-token: \${env:CANARY}
code-hosts:
  local: { kind: repository-folder, path: ./repositories, webhook-secret: "\${env:CANARY}" }
announcers: [{ kind: log }]
repositories:
  - name: acme/shop
    code-host: local
    recipe: { processes: { web: { run: node server.js } }, endpoints: { app: web } }
`;

test('serve runs until it is told to stop, is found by the other commands, and prints no secret', {
  timeout: 60_000,
}, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-serve-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'repositories'));
  await writeFile(join(directory, 'wizard.yml'), settings);
  const options = { cwd: directory, env: { CANARY: 'canary-4711-0123456789abcdef0123456789' } };
  const server = startWizard(['serve', '--log-level', 'debug'], options);
  await server.until(/server\.ready/);
  assert.equal((await stat(join(directory, 'data', 'api.json'))).mode & 0o777, 0o600);
  const list = await runWizard(['list', '--json'], { cwd: directory });
  assert.deepEqual([list.code, JSON.parse(list.out)], [0, { environments: [] }]);
  server.kill('SIGTERM');
  const { code, out, err } = await server.ended;
  assert.equal(code, 0, err);
  for (const line of out.trimEnd().split('\n')) assert.ok((JSON.parse(line) as { event?: string }).event, line);
  assert.doesNotMatch(out + err, /canary/);
  assert.equal((await runWizard(['list'], { cwd: directory })).code, 4);
});

test('serve says what is wrong with wizard.yml and exits with 1', { timeout: 60_000 }, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-serve-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'wizard.yml'), settings);
  const { code, err } = await runWizard(['serve'], { cwd: directory });
  assert.equal(code, 1);
  assert.match(err, /environment variable CANARY is not set/);
  assert.doesNotMatch(err, /\.ts:\d+/);
});

test('serve says at once when its data directory cannot be made, also where making never ends', {
  timeout: 60_000,
}, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-serve-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'wizard.yml'), `data-directory: /proc/nope/data${settings}`);
  const env = { CANARY: 'canary-4711' };
  for (const command of ['serve', 'check']) {
    const wizard = startWizard([command], { cwd: directory, env });
    const tooLong = AbortSignal.timeout(30_000);
    tooLong.addEventListener('abort', () => wizard.kill('SIGKILL'));
    const { code, out, err } = await wizard.ended;
    assert.equal(code, 1, `${command}: ${out}${err}`);
    assert.match(out + err, /making the folder \/proc\/nope: it cannot be made/);
  }
});

test('check finds no fault in the addresses of the server of the same file that runs, only in those of others', {
  timeout: 60_000,
}, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-serve-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'repositories'));
  const [api, gateway] = [await closedPort(), await closedPort()];
  const onPorts = (ports: string): string => settings.replace('api: 127.0.0.1:0, gateway: 127.0.0.1:0', ports);
  const own = onPorts(`api: 127.0.0.1:${api}, gateway: 127.0.0.1:${gateway}`);
  await writeFile(join(directory, 'wizard.yml'), own);
  const options = { cwd: directory, env: { CANARY: 'canary-4711' } };
  const server = startWizard(['serve'], options);
  await server.until(/server\.ready/);
  const found = async (args: readonly string[] = []): Promise<string[]> =>
    (await runWizard(['check', ...args], options)).out.split('\n').filter((line) => line.includes('address of'));
  const which = 'is that of the server of this file, which runs';
  assert.deepEqual(await found(), [
    `✔ fine   address of the API: 127.0.0.1:${api} ${which}`,
    `✔ fine   address of the gateway: 127.0.0.1:${gateway} ${which}`,
  ]);
  // Another server that would like the same addresses.
  await writeFile(join(directory, 'other.yml'), `data-directory: ./other${own}`);
  for (const line of await found(['--config', 'other.yml'])) assert.match(line, /^✘ wrong .* is in use$/);
  // The file names an address now at which something else answers.
  const stranger = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  context.after(() => stranger.close());
  await once(stranger, 'listening');
  const { port } = stranger.address() as AddressInfo;
  await writeFile(join(directory, 'wizard.yml'), onPorts(`api: 127.0.0.1:${api}, gateway: 127.0.0.1:${port}`));
  const [first, second] = await found();
  assert.match(first ?? '', /^✔ fine/);
  assert.match(second ?? '', /^✘ wrong .* is in use$/);
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
});

test('check says that the database is damaged, and a server whose database is deleted ends and says so', {
  timeout: 60_000,
}, async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-serve-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'repositories'));
  await writeFile(join(directory, 'wizard.yml'), settings);
  const options = { cwd: directory, env: { CANARY: 'canary-4711' } };
  const server = startWizard(['serve'], options);
  await server.until(/server\.ready/);
  assert.match((await runWizard(['check'], options)).out, /fine.*database: whole, of version/);
  await rm(join(directory, 'data', 'wizard.sqlite'));
  const { code, err } = await server.ended;
  assert.equal(code, 1);
  assert.match(err, /wizard\.sqlite was deleted while in use/);
  for (const rest of ['-wal', '-shm']) await rm(join(directory, 'data', `wizard.sqlite${rest}`), { force: true });
  await writeFile(join(directory, 'data', 'wizard.sqlite'), 'not a database '.repeat(500));
  assert.match((await runWizard(['check'], options)).out, /wrong.*database: .*it is damaged/);
});
