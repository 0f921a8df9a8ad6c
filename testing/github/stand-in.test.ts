import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { githubContract } from './contract.ts';
import { githubStandIn } from './stand-in.ts';

const headers = { authorization: 'bearer a-person-token' };

test('a request that GitHub does not describe is held against us', async () => {
  const cases: readonly { path: string; method?: string; body?: unknown; because: RegExp }[] = [
    { path: '/repos/acme/shop/pulls?stat=open', because: /query stat is not described/ },
    { path: '/repos/acme/shop/pulls?state=opened', because: /state must be equal to one of/ },
    { path: '/repos/acme/shop/pulls?per_page=many', because: /per_page must be integer/ },
    { path: '/repos/acme/shop/pullz', because: /is not described/ },
    {
      path: '/repos/acme/shop/issues/1/comments',
      method: 'POST',
      body: {},
      because: /must have required property 'body'/,
    },
    { path: '/repos/acme/shop/statuses/a', method: 'POST', body: { state: 'green' }, because: /equal to one of/ },
    { path: '/repos/acme/shop/issues/1/comments', method: 'POST', body: { body: 'a', to: 1 }, because: /body\/to/ },
  ];
  for (const { path, method = 'GET', body, because } of cases) {
    const github = await githubStandIn();
    github.world.addRepository('acme/shop');
    await fetch(`${github.baseUrl}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await assert.rejects(github.close(), because);
  }
});

test('an answer that strays from the description would be seen', () => {
  const contract = githubContract();
  assert.notDeepEqual(contract.judgeAnswer('GET /repos/{owner}/{repo}/pulls', 200, 'application/json', [{}]), []);
  assert.notDeepEqual(contract.judgeAnswer('GET /repos/{owner}/{repo}', 202, 'application/json', {}), []);
});

test('who has no token, or not for this, gets nothing', async () => {
  const github = await githubStandIn();
  github.world.addRepository('acme/shop');
  try {
    assert.equal((await fetch(`${github.baseUrl}/repos/acme/shop`)).status, 401);
    assert.equal((await fetch(`${github.baseUrl}/app`, { headers })).status, 403);
  } finally {
    await github.close();
  }
});

test('what people do is told by signed webhooks', async () => {
  const events: { event: unknown; action: unknown; sha: unknown; before: unknown }[] = [];
  const receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const said = JSON.parse(Buffer.concat(pieces).toString('utf8'));
      const event = request.headers['x-github-event'];
      events.push({ event, action: said.action, sha: said.pull_request.head.sha, before: said.before });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const github = await githubStandIn();
  const all = github.sendWebhooksTo(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`, 'secret');
  try {
    github.world.addRepository('acme/shop');
    const opened = github.world.openPull('acme/shop');
    await all();
    const pushed = github.world.push('acme/shop', opened.number);
    await all();
    github.world.close('acme/shop', opened.number, true);
    await all();
    const event = 'pull_request';
    assert.deepEqual(events, [
      { event, action: 'opened', sha: opened.headSha, before: undefined },
      { event, action: 'synchronize', sha: pushed.headSha, before: opened.headSha },
      { event, action: 'closed', sha: pushed.headSha, before: undefined },
    ]);
  } finally {
    receiver.close();
    receiver.closeAllConnections();
    await github.close();
  }
});
