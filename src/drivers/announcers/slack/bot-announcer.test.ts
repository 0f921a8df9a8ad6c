import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { aCall, aNews, aSha } from '../../../../testing/builders.ts';
import { type ManualClock, manualClock } from '../../../../testing/manual-clock.ts';
import { type SlackServer, startSlack } from '../../../../testing/slack/slack-server.ts';
import type { EnvironmentId } from '../../../domain/claim.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { redactor } from '../../../kit/redact.ts';
import { Secret } from '../../../kit/secret.ts';
import { checkSlack } from './check-slack.ts';
import { slackAnnouncer } from './slack-announcer.ts';

let slack: SlackServer;
let clock: ManualClock;
const call = aCall();

beforeEach(async () => {
  slack = await startSlack();
  clock = manualClock();
});
afterEach(() => slack.close());

const announcer = (over: { channel?: string; token?: string; instance?: string } = {}) =>
  slackAnnouncer({
    instance: over.instance ?? 'wizard',
    token: new Secret(over.token ?? slack.workspace.token),
    channel: over.channel ?? '#previews',
    apiUrl: slack.apiUrl,
    clock,
  });

const live = aNews({ phase: 'live', liveSha: aSha(1), tookMs: 41_000, address: '203.0.113.7' });
const gone = aNews({
  phase: 'closed',
  receipt: { openedAt: 0, closedAt: 11_520_000, resources: [{ role: 'web', kind: 'process', madeAt: 0, goneAt: 1 }] },
});
const methods = (): string[] => slack.calls.map(({ method }) => method);
const only = () => {
  assert.equal(slack.posts().length, 1);
  const [post] = slack.posts();
  assert.ok(post);
  return post;
};
const failing = async (work: Promise<unknown>): Promise<WizardError> => {
  const error = await work.then(
    () => assert.fail('it went well'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WizardError, String(error));
  return error;
};

describe('the Slack announcer with a bot token', () => {
  it('keeps one message from building to gone', async () => {
    const wizard = announcer();
    let handle = await wizard.announce(aNews(), undefined, call);
    assert.match(only().text, /acme\/shop #7 was noticed and is being built/);
    handle = await wizard.announce(live, handle, call);
    assert.match(JSON.stringify(only().blocks), /203\.0\.113\.7/);
    assert.match(JSON.stringify(only().blocks), /took 41 s/);
    await wizard.announce(gone, handle, call);
    assert.match(only().text, /1 resource destroyed and seen gone, it lived 3 h 12 min/);
    assert.equal(only().edits, 2);
  });

  it('says whose commit it is, where to open it, and how long it took', async () => {
    const wizard = announcer();
    const handle = await wizard.announce(aNews(), undefined, call);
    const url = /<https:\/\/app-shop-7\.preview\.example\/\|app>/;
    const building = JSON.stringify(only().blocks);
    for (const part of [/by mira/, new RegExp(aSha(1).slice(0, 7)), url]) assert.match(building, part);
    await wizard.announce(live, handle, call);
    const { text, blocks } = only();
    for (const part of [/by mira/, new RegExp(aSha(1).slice(0, 7)), /took 41 s/]) assert.match(text, part);
    const said = JSON.stringify(blocks);
    for (const part of [/by mira/, new RegExp(aSha(1).slice(0, 7)), /took 41 s/, /`203\.0\.113\.7`/, url])
      assert.match(said, part);
  });

  it('says the same news twice as one message', async () => {
    const handle = await announcer().announce(live, undefined, call);
    assert.deepEqual(await announcer().announce(live, handle, call), { ...handle, settled: true });
    await announcer().announce(live, undefined, call);
    only();
  });

  it('names the channel by its id when it edits, though wizard.yml gives its name', async () => {
    const handle = await announcer().announce(aNews(), undefined, call);
    assert.match(JSON.stringify(handle['at']), /"C0PREVIEWS"/);
  });

  it('posts once when the answer to the post is lost', async () => {
    slack.fail('chat.postMessage', { kind: 'cut', effect: true });
    const error = await failing(announcer().announce(aNews(), undefined, call));
    assert.equal(error.remedy, 'try-again');
    await announcer().announce(aNews(), undefined, call);
    only();
  });

  it('posts once when the answer is not what Slack promises', async () => {
    slack.fail('chat.postMessage', { kind: 'garbage' });
    assert.equal((await failing(announcer().announce(aNews(), undefined, call))).code, 'slack/no-answer');
    await announcer().announce(aNews(), undefined, call);
    only();
  });

  it('keeps the oldest and deletes its twin when a post that was given up lands late', async () => {
    slack.fail('chat.postMessage', { kind: 'late' });
    const giveUp = new AbortController();
    const first = failing(announcer().announce(aNews(), undefined, aCall({ signal: giveUp.signal })));
    await until(() => methods().includes('chat.postMessage'));
    giveUp.abort();
    assert.equal((await first).remedy, 'try-again');
    const handle = await announcer().announce(aNews(), undefined, call);
    slack.land();
    assert.equal(slack.posts().length, 2);
    const [oldest] = slack.posts();
    await announcer().announce(live, handle, call);
    assert.equal(only().ts, oldest?.ts);
    assert.match(only().text, /is live/);
  });

  it('finds its message by the marker after the database was lost, behind 300 messages of others', async () => {
    await announcer().announce(aNews(), undefined, call);
    crowd(300);
    await announcer().announce(live, undefined, call);
    assert.equal(slack.posts().length, 301);
    assert.match(slack.posts()[0]?.text ?? '', /is live/);
  });

  it('leaves alone what another instance, another environment or another app wrote', async () => {
    await announcer({ instance: 'other' }).announce(aNews(), undefined, call);
    await announcer().announce(aNews({ environment: 'shop-8' as EnvironmentId }), undefined, call);
    const [theirs] = slack.posts();
    slack.workspace.channels[0]?.posts.push({
      ts: slack.workspace.nextTs(),
      botId: 'B0FORGER',
      text: 'forged',
      blocks: [],
      metadata: {
        event_type: 'shining_wizard_environment',
        event_payload: { instance: 'wizard', environment: 'shop-7' },
      },
      edits: 0,
    });
    await announcer().announce(live, undefined, call);
    assert.equal(slack.posts().length, 4);
    assert.equal(theirs?.edits, 0);
    assert.equal(slack.posts()[2]?.text, 'forged');
  });

  it('posts anew once for a commit when people delete the message', async () => {
    const wizard = announcer();
    let handle = await wizard.announce(aNews(), undefined, call);
    slack.workspace.channels[0]?.posts.pop();
    handle = await wizard.announce(live, handle, call);
    assert.match(only().text, /is live/);
    slack.workspace.channels[0]?.posts.pop();
    handle = await wizard.announce(gone, handle, call);
    assert.equal(slack.posts().length, 0);
    await wizard.announce(aNews({ phase: 'updating', headSha: aSha(2), liveSha: aSha(1) }), handle, call);
    only();
  });

  it('makes no message for an environment that ended unannounced', async () => {
    const quiet = { ...gone, worthAMessage: false };
    assert.deepEqual(await announcer().announce(quiet, undefined, call), {});
    assert.equal(slack.posts().length, 0);
    await announcer().announce(aNews(), undefined, call);
    await announcer().announce(quiet, undefined, call);
    assert.match(only().text, /is gone/);
  });

  it('moves to the new channel when it can no longer write to the old one', async () => {
    const handle = await announcer().announce(aNews(), undefined, call);
    const old = slack.workspace.channels[0];
    assert.ok(old);
    old.archived = true;
    assert.equal(
      (await failing(announcer({ channel: 'C0PREVIEWS' }).announce(live, handle, call))).code,
      'slack/is-archived',
    );
    const moved = await announcer({ channel: '#elsewhere' }).announce(live, handle, call);
    assert.match(JSON.stringify(moved['at']), /"C0ELSEWHERE"/);
    assert.equal(slack.posts('elsewhere').length, 1);
  });

  it('rings nobody, whatever the title says', async () => {
    const title = '<!channel> <@U123> @here <https://evil.example|safe> *x* & `y` \u202e\u001b[31m';
    await announcer().announce(aNews({ title, author: '<!here>' }), undefined, call);
    const post = only();
    assert.doesNotMatch(post.text, /<|@here/);
    assert.equal(/[^\p{Cc}\u202e]+/u.exec(post.text)?.[0], post.text);
    for (const block of post.blocks) {
      const said = JSON.stringify(block);
      if (said.includes('evil.example')) assert.match(said, /"plain_text"/);
      else assert.doesNotMatch(said, /<!|<@/);
    }
  });

  it('stays within the limits of Slack with the longest news', async () => {
    const long = '<&>`@'.repeat(2000);
    const news = aNews({
      phase: 'failed',
      title: long,
      author: long,
      because: long,
      repository: { ...aNews().repository, name: long },
      pullUrl: `https://code.example/${'p'.repeat(4000)}`,
      urls: Array.from({ length: 60 }, (_, n) => ({
        endpoint: `e${n}`,
        url: `https://e${n}.example/${'q'.repeat(900)}`,
      })),
      failure: { step: long, message: long, hint: long, lastLines: Array.from({ length: 200 }, () => long) },
    });
    await announcer().announce(news, undefined, call);
    only();
  });

  it('tells a failure with its hint and its last lines, the newest kept', async () => {
    const lastLines = Array.from({ length: 50 }, (_, n) => `line ${n} \`\`\` <!here>`);
    const failure = { step: 'build', message: 'npm ended with 1', hint: 'look at line 49', lastLines };
    await announcer().announce(aNews({ phase: 'failed', failure }), undefined, call);
    const said = JSON.stringify(only().blocks);
    assert.match(said, /npm ended with 1/);
    assert.match(said, /look at line 49/);
    assert.match(said, /line 49 /);
    assert.match(said, /line 30 /);
    assert.doesNotMatch(said, /line 29 |<!here>/);
  });
});

describe('the Slack announcer among many environments', () => {
  it('gets all messages through one channel that takes one a second, without losing or doubling one', async () => {
    slack.limitRate(() => clock.monotonic());
    const wizard = announcer();
    const waiting = Array.from({ length: 8 }, (_, n) =>
      aNews({ environment: `shop-${n}` as EnvironmentId, number: n }),
    );
    for (let rounds = 0; waiting.length > 0; rounds += 1) {
      assert.ok(rounds < 50, 'it does not get through');
      const [next] = waiting;
      assert.ok(next);
      const said = await wizard.announce(next, undefined, call).catch((error: unknown) => error);
      if (!(said instanceof WizardError)) waiting.shift();
      else await clock.advance(said.afterMs ?? assert.fail(said.message));
    }
    assert.equal(new Set(slack.posts().map(({ text }) => text)).size, 8);
    assert.equal(slack.posts().length, 8);
  });

  it('shows no secret of wizard.yml that a build printed', async () => {
    redactor.add(new Secret('hunter2-hunter2'));
    const failure = { step: 'build', message: 'no: hunter2-hunter2', lastLines: ['KEY=hunter2-hunter2'] };
    await announcer().announce(aNews({ phase: 'failed', failure }), undefined, call);
    assert.doesNotMatch(JSON.stringify(only()), /hunter2/);
  });
});

describe('what wizard check tries of Slack', () => {
  const check = (channel: string, token = slack.workspace.token) =>
    checkSlack({ token: new Secret(token), channel, apiUrl: slack.apiUrl, clock }, call);

  it('says who we are and that the channel can be read, and posts nothing', async () => {
    assert.match(await check('#previews'), /as wizard in standin, and #previews can be read/);
    assert.equal(slack.posts().length, 0);
  });

  it('tells a wrong token, a missing channel and one we were not invited to apart', async () => {
    await assert.rejects(check('#previews', 'xoxb-wrong'), { code: 'slack/invalid-auth', remedy: 'fix-setup' });
    await assert.rejects(check('#nowhere'), { code: 'slack/channel-not-found' });
    await assert.rejects(check('#strangers'), { code: 'slack/not-in-channel' });
  });
});

function crowd(count: number): void {
  for (let n = 0; n < count; n += 1)
    slack.workspace.channels[0]?.posts.push({
      ts: slack.workspace.nextTs(),
      botId: 'B0STRANGER',
      text: 'hello',
      blocks: [],
      metadata: undefined,
      edits: 0,
    });
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    assert.ok(Date.now() < end, 'it did not happen within 5 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
