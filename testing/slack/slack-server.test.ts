import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ErrorCode, LogLevel, WebClient } from '@slack/web-api';
import { brokenBlockRule, brokenMetadataRule } from './block-rules.ts';
import { type SlackServer, startSlack } from './slack-server.ts';

let slack: SlackServer;
beforeEach(async () => {
  slack = await startSlack();
});
afterEach(() => slack.close());

/** Slack's own client, so that what we take for Slack's protocol is what others take for it. */
const official = (token = slack.workspace.token) =>
  new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });

const saysOf = async (work: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await work.then(
    () => assert.fail('Slack took it'),
    (thrown: unknown) => thrown,
  );
  const { data } = error as { code: ErrorCode; data?: { error?: string } };
  return data?.error;
};

describe("the stand-in for Slack, spoken to by Slack's own client", () => {
  it('posts, edits, finds by metadata and deletes', async () => {
    const client = official();
    const metadata = { event_type: 'it_happened', event_payload: { id: 'x' } };
    const posted = await client.chat.postMessage({ channel: '#previews', text: 'hello', metadata });
    assert.equal(posted.channel, 'C0PREVIEWS');
    const at = { channel: 'C0PREVIEWS', ts: posted.ts ?? '' };
    await client.chat.update({ ...at, text: 'better', metadata });
    const found = await client.conversations.history({ channel: at.channel, include_all_metadata: true });
    assert.equal(found.messages?.[0]?.text, 'better');
    assert.deepEqual(found.messages?.[0]?.metadata, metadata);
    const without = await client.conversations.history({ channel: at.channel });
    assert.equal(without.messages?.[0]?.metadata, undefined);
    await client.chat.delete(at);
    assert.equal(slack.posts().length, 0);
  });

  it('pages through history, newest first', async () => {
    const client = official();
    for (let n = 0; n < 5; n += 1) await client.chat.postMessage({ channel: 'C0PREVIEWS', text: `m${n}` });
    const texts: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.conversations.history({
        channel: 'C0PREVIEWS',
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
      texts.push(...(page.messages ?? []).map(({ text }) => text));
      cursor = page.response_metadata?.next_cursor;
    } while (cursor);
    assert.deepEqual(texts, ['m4', 'm3', 'm2', 'm1', 'm0']);
  });

  it('takes a name for posting only', async () => {
    const { ts = '' } = await official().chat.postMessage({ channel: '#previews', text: 'hello' });
    assert.equal(await saysOf(official().chat.update({ channel: '#previews', ts, text: 'x' })), 'channel_not_found');
    assert.equal(await saysOf(official().conversations.history({ channel: '#previews' })), 'channel_not_found');
  });

  it('refuses what Slack refuses', async () => {
    const post = (text: string, channel = 'C0PREVIEWS') => saysOf(official().chat.postMessage({ channel, text }));
    assert.equal(await saysOf(official('xoxb-other').auth.test()), 'invalid_auth');
    assert.equal(await post('x'.repeat(40_001)), 'msg_too_long');
    assert.equal(await post(''), 'no_text');
    assert.equal(await post('x', 'C0STRANGERS'), 'not_in_channel');
    assert.equal(await post('x', '#nowhere'), 'channel_not_found');
  });

  it('lets nobody edit what others wrote', async () => {
    const ts = slack.workspace.nextTs();
    slack.workspace.channels[0]?.posts.push({ ts, botId: 'B0', text: 'x', blocks: [], metadata: undefined, edits: 0 });
    assert.equal(await saysOf(official().chat.update({ channel: 'C0PREVIEWS', ts, text: 'y' })), 'cant_update_message');
    assert.equal(await saysOf(official().chat.delete({ channel: 'C0PREVIEWS', ts })), 'cant_delete_message');
  });

  it('takes one message a second when asked to', async () => {
    let now = 0;
    slack.limitRate(() => now);
    const post = () => official().chat.postMessage({ channel: 'C0PREVIEWS', text: 'x' });
    await post();
    await assert.rejects(post(), { retryAfter: 1 });
    now = 1000;
    await post();
    assert.equal(slack.posts().length, 2);
  });
});

describe('the rules of blocks', () => {
  const section = (text: unknown) => [{ type: 'section', text }];
  const broken: readonly (readonly [string, unknown])[] = [
    ['a block of an unknown kind', [{ type: 'marquee' }]],
    ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['a section of 3,001 characters', section({ type: 'mrkdwn', text: 'x'.repeat(3001) })],
    ['an empty text', section({ type: 'mrkdwn', text: '' })],
    ['emoji on mrkdwn', section({ type: 'mrkdwn', text: 'x', emoji: true })],
    ['verbatim on plain text', section({ type: 'plain_text', text: 'x', verbatim: true })],
    ['a header of mrkdwn', [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }]],
    ['a header of 151 characters', [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }]],
    ['a context without elements', [{ type: 'context', elements: [] }]],
    ['an unknown field', [{ type: 'divider', color: 'red' }]],
    ['no array', { type: 'divider' }],
  ];
  for (const [what, blocks] of broken) it(`refuse ${what}`, () => assert.notEqual(brokenBlockRule(blocks), undefined));

  it('take what keeps within them', () => {
    const fine = [
      { type: 'header', text: { type: 'plain_text', text: 'x'.repeat(150), emoji: false } },
      ...section({ type: 'mrkdwn', text: 'x'.repeat(3000), verbatim: true }),
      { type: 'divider' },
    ];
    assert.equal(brokenBlockRule(fine), undefined);
  });

  it('refuse metadata that is not flat', () => {
    assert.notEqual(brokenMetadataRule({ event_type: 'a b', event_payload: {} }), undefined);
    assert.notEqual(brokenMetadataRule({ event_type: 'a' }), undefined);
    assert.notEqual(brokenMetadataRule({ event_type: 'a', event_payload: { x: { y: { z: 1 } } } }), undefined);
    assert.equal(brokenMetadataRule({ event_type: 'a', event_payload: { x: { y: 1 } } }), undefined);
  });
});
