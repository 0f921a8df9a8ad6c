import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { pullRequestPayload } from '../../demo/github-webhook.ts';
import type { PullRequest, RepositoryId } from '../../src/domain/pull-request.ts';
import { allPullRequestPayloads } from './payloads.ts';
import { signedDelivery, webhookFor } from './webhook.ts';

const id = '4711' as RepositoryId;
const pull: PullRequest = {
  repository: { id, name: 'acme/shop' },
  number: 7,
  title: '</script> & "quotes"',
  author: 'ann',
  url: 'https://github.com/acme/shop/pull/7',
  state: 'open',
  merged: false,
  draft: false,
  labels: ['preview'],
  headSha: 'a'.repeat(40),
  headRef: 'feature',
  headRepositoryId: id,
  baseRef: 'main',
  updatedAt: '2026-01-02T03:04:05Z',
};

test('the signature is HMAC-SHA256 of exactly the bytes that are sent', () => {
  const delivery = signedDelivery({ secret: 'key', event: 'ping', payload: { zen: 'Æ' }, guid: 'g-1' });
  const expected = createHmac('sha256', 'key').update('{"zen":"Æ"}', 'utf8').digest('hex');
  assert.equal(delivery.body.toString('utf8'), '{"zen":"Æ"}');
  assert.equal(delivery.headers['x-hub-signature-256'], `sha256=${expected}`);
  assert.equal(delivery.headers['x-github-delivery'], 'g-1');
});

test('a payload speaks of our repository and pull request everywhere', () => {
  for (const payload of [webhookFor('synchronize', pull, 'b'.repeat(40)), pullRequestPayload('opened', pull)]) {
    const text = JSON.stringify(payload);
    assert.ok(!text.includes('Codertocat/Hello-World'), 'no address of the recorded repository is left');
    assert.equal((payload['repository'] as { id: number }).id, 4711);
    assert.equal(payload['number'], 7);
    const said = payload['pull_request'] as { head: { sha: string; repo: { id: number } }; title: string };
    assert.equal(said.head.sha, pull.headSha);
    assert.equal(said.head.repo.id, 4711);
    assert.equal(said.title, pull.title);
  }
});

test('a push names the head before and after, and a fork that is gone has no repository', () => {
  const payload = webhookFor('synchronize', { ...pull, headRepositoryId: null }, 'b'.repeat(40));
  assert.equal(payload['before'], 'b'.repeat(40));
  assert.equal(payload['after'], pull.headSha);
  assert.equal((payload['pull_request'] as { head: { repo: unknown } }).head.repo, null);
});

test('recorded payloads of pull requests cover the actions that matter', () => {
  const actions = new Set(allPullRequestPayloads().map(({ action }) => action));
  for (const action of ['opened', 'synchronize', 'closed', 'reopened', 'labeled', 'ready_for_review'])
    assert.ok(actions.has(action), `${action} was recorded`);
});
