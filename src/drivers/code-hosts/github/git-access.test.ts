import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { aCall } from '../../../../testing/builders.ts';
import { githubTestWorld } from '../../../../testing/github/github-world.ts';
import { codeOf } from '../../../domain/wizard-error.ts';
import { Secret } from '../../../kit/secret.ts';
import { gitAccess } from './git-access.ts';

const git = promisify(execFile);
const token = new Secret('s3cret');
const here = 'http://127.0.0.1:1';

test('the token is in the environment, and nowhere else', () => {
  const access = gitAccess('https://api.github.com', 'https://github.com/acme/shop.git', token);
  assert.equal(access.url, 'https://github.com/acme/shop.git');
  assert.equal(access.env['GIT_CONFIG_KEY_0'], 'http.https://github.com/.extraHeader');
  const basic = Buffer.from('x-access-token:s3cret').toString('base64');
  assert.equal(access.env['GIT_CONFIG_VALUE_0'], `Authorization: Basic ${basic}`);
});

test('only the code host itself gets the token', () => {
  const fine = ['https://ghe.acme.example/acme/shop.git'];
  const strange = [
    'https://evil.example/acme/shop.git',
    'http://ghe.acme.example/x',
    'ssh://ghe.acme.example/x',
    '/srv/x',
  ];
  for (const url of fine) assert.equal(gitAccess('https://ghe.acme.example/api/v3', url, token).url, url);
  for (const url of strange) {
    assert.throws(
      () => gitAccess('https://ghe.acme.example/api/v3', url, token),
      (error) => codeOf(error) === 'github/strange-clone-url',
    );
  }
});

test('git really sends the credentials, to this origin only, and asks nobody', async () => {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { url, env } = gitAccess(origin, `${origin}/acme/shop.git`, token);
    await assert.rejects(git('git', ['ls-remote', url], { env: { PATH: process.env['PATH'], ...env } }));
    const basic = Buffer.from('x-access-token:s3cret').toString('base64');
    assert.ok(heard.some((headers) => headers.authorization === `Basic ${basic}`));
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('a repository of the stand-in may be a folder of this machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-git-'));
  const world = await githubTestWorld({ app: true });
  try {
    await git('git', ['init', '-q', '--bare', folder]);
    world.github.world.at('acme/shop').cloneUrl = folder;
    const { url, env } = await world.host.gitAccess(world.repository, aCall());
    assert.equal(url, folder);
    await git('git', ['ls-remote', url], { env: { PATH: process.env['PATH'], ...env } });
    assert.ok(!Object.values(gitAccess(here, folder, token).env).some((value) => value.includes('s3cret')));
  } finally {
    await world.close();
    await rm(folder, { recursive: true });
  }
});

test('an App gives git a token that may only read this repository', async () => {
  const world = await githubTestWorld({ app: true });
  try {
    world.github.world.addRepository('acme/other');
    const origin = new URL(world.github.baseUrl).origin;
    world.github.world.at('acme/shop').cloneUrl = `${origin}/acme/shop.git`;
    const { env } = await world.host.gitAccess(world.repository, aCall());
    const [, sent = ''] = Buffer.from(String(env['GIT_CONFIG_VALUE_0']).split('Basic ')[1] ?? '', 'base64')
      .toString()
      .split(':');
    const bearer = world.github.access.tokens.get(sent);
    assert.ok(bearer?.is === 'installation');
    assert.deepEqual(bearer.permissions, { metadata: 'read', contents: 'read' });
    assert.deepEqual([...bearer.repositories], [world.repository.id]);
  } finally {
    await world.close();
  }
});
