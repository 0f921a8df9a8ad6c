import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { aCall, aNews, aSha } from '../../../../testing/builders.ts';
import { announcerLaws } from '../../../../testing/conformance/announcer-laws.ts';
import { manualClock } from '../../../../testing/manual-clock.ts';
import { type SlackServer, startSlack } from '../../../../testing/slack/slack-server.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { News } from '../../../domain/news.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { Secret } from '../../../kit/secret.ts';
import { slackAnnouncer } from './slack-announcer.ts';

let slack: SlackServer;
const call = aCall();

beforeEach(async () => {
  slack = await startSlack();
});
afterEach(() => slack.close());

const announcer = (url = slack.webhookUrl) => slackAnnouncer({ webhookUrl: new Secret(url), clock: manualClock() });

async function sayAll(all: readonly News[]): Promise<string[]> {
  const wizard = announcer();
  let handle: JsonObject | undefined;
  for (const news of all) handle = await wizard.announce(news, handle, call);
  return slack.posts().map(({ text }) => text.replace(/\..*/, ''));
}

const live = (n: number): News => aNews({ phase: 'live', headSha: aSha(n), liveSha: aSha(n) });

describe('the Slack announcer with an incoming webhook', () => {
  it('posts at the turns that matter and is silent between them', async () => {
    const failure = { step: 'build', message: 'no', lastLines: [] };
    const said = await sayAll([
      aNews(),
      aNews(),
      live(1),
      live(1),
      aNews({ phase: 'updating', headSha: aSha(2), liveSha: aSha(1) }),
      live(2),
      aNews({ phase: 'failed', headSha: aSha(3), liveSha: aSha(2), failure }),
      aNews({ phase: 'closing' }),
      aNews({ phase: 'closed' }),
      aNews({ phase: 'closed' }),
      aNews(),
    ]);
    assert.deepEqual(said, [
      '🔨 acme/shop #7 was noticed and is being built',
      '🟢 acme/shop #7 is live',
      '🟢 acme/shop #7 is live',
      '🔴 acme/shop #7 failed in build',
      '⚪ acme/shop #7 is gone',
      '🔨 acme/shop #7 was noticed and is being built',
    ]);
  });

  it('says whose commit it is, where to open it, how long it took, and how a failure ended', async () => {
    const commit = new RegExp(aSha(1).slice(0, 7));
    const lastLines = ['npm error missing script: build'];
    await sayAll([
      { ...live(1), tookMs: 41_000, address: '203.0.113.7' },
      aNews({ phase: 'failed', failure: { step: 'build', message: 'npm ended with 1', lastLines } }),
    ]);
    const [up = '', down = ''] = slack.posts().map(({ blocks }) => JSON.stringify(blocks));
    const url = /<https:\/\/app-shop-7\.preview\.example\/\|app>/;
    for (const part of [/by mira/, commit, url, /`203\.0\.113\.7`/, /took 41 s/]) assert.match(up, part);
    for (const part of [/by mira/, commit, /npm ended with 1/, /missing script: build/]) assert.match(down, part);
  });

  it('says nothing of an environment that ended unannounced', async () => {
    assert.deepEqual(await sayAll([aNews({ phase: 'closed', worthAMessage: false })]), []);
  });

  it('says it again when the answer was lost: at least once is all a webhook allows', async () => {
    slack.fail('webhook', { kind: 'cut', effect: true });
    await assert.rejects(announcer().announce(aNews(), undefined, call), { code: 'slack/no-answer' });
    await announcer().announce(aNews(), undefined, call);
    assert.equal(slack.posts().length, 2);
  });

  it('asks the operator when the webhook was taken away, without printing its URL', async () => {
    const error = await announcer(`${slack.webhookUrl}x`)
      .announce(aNews(), undefined, call)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof WizardError);
    assert.equal(error.code, 'slack/no-service');
    assert.equal(error.remedy, 'fix-setup');
    assert.doesNotMatch(`${error.stack} ${error.hint}`, /secretsecret/);
  });

  it('waits as long as Slack says', async () => {
    slack.fail('webhook', { kind: 'rate-limit', seconds: 7 });
    await assert.rejects(announcer().announce(aNews(), undefined, call), { remedy: 'try-again', afterMs: 7000 });
  });

  it('refuses a URL that would send the secret in the clear', () => {
    assert.throws(() => announcer('http://hooks.example/services/secret'), { code: 'slack/bad-webhook-url' });
    assert.throws(() => announcer('not a url'), { code: 'slack/bad-webhook-url' });
  });
});

const because = 'a message of an incoming webhook cannot be found, edited or deleted';
announcerLaws({
  name: 'the Slack announcer with an incoming webhook and the laws of announcers',
  newWorld: async () => {
    const place = await startSlack();
    const channel = place.workspace.channels[0];
    assert.ok(channel);
    const open = (url = place.webhookUrl) => slackAnnouncer({ webhookUrl: new Secret(url), clock: manualClock() });
    const say = (by = open()) => by.announce(aNews(), undefined, call);
    const failing = (how: Parameters<SlackServer['fail']>[1]) => () => {
      place.fail('webhook', how);
      return say();
    };
    return {
      announcer: open(),
      reopen: () => open(),
      messages: async () => channel.posts.map(({ ts, text }) => ({ id: ts, text })),
      mutations: () => place.calls.length,
      remove: async (id) => {
        channel.posts.splice(
          channel.posts.findIndex(({ ts }) => ts === id),
          1,
        );
      },
      loseNextAnswer: () => place.fail('webhook', { kind: 'cut', effect: true }),
      troubles: [
        {
          what: 'a webhook that was taken away',
          remedy: 'fix-setup',
          provoke: () => say(open(`${place.webhookUrl}x`)),
        },
        { what: 'a cut connection', remedy: 'try-again', provoke: failing({ kind: 'cut', effect: false }) },
        { what: 'too many messages', remedy: 'try-again', provoke: failing({ kind: 'rate-limit', seconds: 7 }) },
      ],
      close: () => place.close(),
    };
  },
  cannot: { "a stranger's message is never touched": 'an incoming webhook can post and nothing else' },
  notYet: [
    'other news edits the message in place',
    'without a handle a message is found by its marker',
    'a post whose answer was lost is not posted again',
    'two environments have a message each',
    'what ended without being announced makes no message',
    'handles survive JSON',
  ].map((law) => ({ law, because })),
});
