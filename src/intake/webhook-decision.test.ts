import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allPayloads, allPullRequestPayloads } from '../../testing/github/payloads.ts';
import { webhookDecision, webhookFacts } from './webhook-decision.ts';

const changing = ['opened', 'reopened', 'synchronize', 'ready_for_review', 'converted_to_draft'].concat([
  'labeled',
  'unlabeled',
  'closed',
  'edited',
]);
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test('every recorded pull_request delivery gets the decision of its action, with a reason', () => {
  const seen = new Set<string>();
  for (const { host, action = '', payload } of allPullRequestPayloads()) {
    const facts = webhookFacts(bytes(payload));
    assert.ok(facts, `${host} ${action} is of the form of a webhook`);
    assert.equal(facts.number, payload['number'], `${host} ${action}`);
    const looks = changing.includes(action);
    assert.deepEqual(webhookDecision('pull_request', facts, true), {
      decision: looks ? 'look' : 'ignored',
      reason: looks
        ? `${action}: looking at pull request ${facts.number}`
        : `the action ${action} changes no environment`,
    });
    assert.equal(webhookDecision('pull_request', facts, false).decision, 'ignored', 'a foreign repository');
    seen.add(action);
  }
  for (const action of ['opened', 'closed', 'synchronize', 'labeled', 'assigned'])
    assert.ok(seen.has(action), `${action} was among the recorded`);
});

test('every other recorded event is understood and changes nothing', () => {
  const others = allPayloads().filter(({ event }) => event !== 'pull_request');
  assert.ok(others.length > 100);
  for (const { event, action, payload } of others) {
    const facts = webhookFacts(bytes(payload));
    assert.ok(facts, `${event} ${action ?? ''} is of the form of a webhook`);
    assert.equal(webhookDecision(event, facts, true).decision, 'ignored', event);
  }
});

test('what names no pull request, or no repository, is ignored with that reason', () => {
  const none = { action: 'opened', repositoryId: '1', repositoryName: 'acme/shop', number: undefined };
  assert.match(webhookDecision('pull_request', none, true).reason, /names no pull request/);
  const nowhere = { ...none, repositoryName: undefined };
  assert.match(webhookDecision('pull_request', nowhere, true).reason, /names no repository/);
});
