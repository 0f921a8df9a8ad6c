import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { aCall } from '../../testing/builders.ts';
import { withFolder } from '../../testing/config-folder.ts';
import { startSlack } from '../../testing/slack/slack-server.ts';
import { parseConfig } from '../config/load-config.ts';
import { checkTries } from './check-tries.ts';
import type { Terminal } from './terminal.ts';
import { tryDataSource } from './try-data-source.ts';

const quiet = { signal: new AbortController().signal, err: () => undefined } as unknown as Terminal;

const configOf = (folder: string, { sources = '', announcers = '[{ kind: log }]' }) =>
  parseConfig(
    `api-token: a
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
announcers: ${announcers}
data-sources: { ${sources} }
repositories: [{ name: acme/shop, recipe: { processes: { web: a } } }]
`,
    `${folder}/wizard.yml`,
    {},
  );

const tried = (source: string): Promise<string> =>
  withFolder({ 'bin/dump.sh': '' }, (folder) =>
    tryDataSource(configOf(folder, { sources: `staging: ${source}` }), 'staging', aCall()),
  );
const golden = 'golden: { engine: postgres }';
const printing = (command: string): string => `{ command: ${command}, ${golden} }`;

test('a command whose program is there is said to be there, and is not run', async () => {
  assert.match(await tried(printing('[sh, -c, exit 1]')), /^sh is there/);
  assert.match(await tried(printing('"cat dump.sql | sed s/a/b/"')), /^cat is there/);
  assert.match(await tried('{ load: "cat x > y" }'), /^cat is there/);
  assert.match(await tried(printing('"KEY=1 nothing-like-it"')), /can be read/);
});

test('a command whose program is missing, or that no shell can read, is a fault', async () => {
  await assert.rejects(tried(printing('[nothing-like-it]')), { message: 'there is no program nothing-like-it' });
  await assert.rejects(tried(printing('"nothing-like-it --all | gzip"')), /no program nothing-like-it/);
  await assert.rejects(tried(printing('[bin/missing.sh]')), /no program bin\/missing.sh/);
  await assert.rejects(tried(printing(`'echo "half'`)), /the shell cannot read its command/);
});

test('a server that nobody listens for is a fault, and one that answers is not', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const of = (kind: string): string =>
    `{ ${kind}: { host: 127.0.0.1, port: ${address.port}, user: u, password: p, database: d }, golden: { engine: ${kind === 'mysql' ? 'mariadb' : kind} } }`;
  try {
    assert.match(await tried(of('mysql')), /answers/);
    await assert.rejects(tried(of('postgres')), { code: 'config/check', message: /d of 127.0.0.1:\d+ cannot be read/ });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  await assert.rejects(tried(of('mysql')), /does not answer: .*ECONNREFUSED/);
  await assert.rejects(tried(of('postgres')), /ECONNREFUSED/);
});

test('of Slack the token, the channel and its history are tried, at the address that wizard.yml names', async () => {
  const slack = await startSlack();
  try {
    const announce = (channel: string): Promise<string> =>
      withFolder({}, async (folder) => {
        const about = `token: ${slack.workspace.token}, api-url: '${slack.apiUrl}', channel: '${channel}'`;
        const config = configOf(folder, { announcers: `[{ kind: slack, ${about} }]` });
        const [settings] = config.announcers;
        assert.ok(settings);
        return checkTries(config, quiet).announcer(settings, aCall());
      });
    assert.match(await announce('#previews'), /#previews can be read/);
    await assert.rejects(announce('#strangers'), { code: 'slack/not-in-channel' });
    assert.equal(slack.posts().length, 0);
  } finally {
    await slack.close();
  }
});
