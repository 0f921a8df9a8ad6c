import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { aCall, aNews } from '../../../../testing/builders.ts';
import { type ManualClock, manualClock } from '../../../../testing/manual-clock.ts';
import { type SlackServer, startSlack } from '../../../../testing/slack/slack-server.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { Secret } from '../../../kit/secret.ts';
import { slackAnnouncer } from './slack-announcer.ts';

let slack: SlackServer;
let clock: ManualClock;
const call = aCall();

beforeEach(async () => {
  slack = await startSlack();
  clock = manualClock();
});
afterEach(() => slack.close());

const announcer = ({ channel = '#previews', token = slack.workspace.token } = {}) =>
  slackAnnouncer({ instance: 'wizard', token: new Secret(token), channel, apiUrl: slack.apiUrl, clock });

const failing = async (work: Promise<unknown>): Promise<WizardError> => {
  const error = await work.then(
    () => assert.fail('it went well'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WizardError, String(error));
  return error;
};

describe('what the Slack announcer makes of refusals', () => {
  for (const code of [
    'account_inactive',
    'channel_not_found',
    'is_archived',
    'not_in_channel',
    'missing_scope',
    'token_revoked',
  ])
    it(`${code} asks the operator`, async () => {
      slack.fail('chat.postMessage', { kind: 'says', code });
      const error = await failing(announcer().announce(aNews(), undefined, call));
      assert.equal(error.code, `slack/${code.replaceAll('_', '-')}`);
      assert.equal(error.remedy, 'fix-setup');
      assert.ok(error.hint);
    });

  it('a wrong token asks the operator and is not printed', async () => {
    const error = await failing(announcer({ token: 'xoxb-wrong' }).announce(aNews(), undefined, call));
    assert.equal(error.code, 'slack/invalid-auth');
    assert.doesNotMatch(`${error.stack} ${error.hint}`, /xoxb-wrong/);
  });

  it('a channel the app was not invited to asks the operator', async () => {
    const error = await failing(announcer({ channel: '#strangers' }).announce(aNews(), undefined, call));
    assert.equal(error.code, 'slack/not-in-channel');
  });

  it('a channel that is not there asks the operator', async () => {
    const error = await failing(announcer({ channel: '#nowhere' }).announce(aNews(), undefined, call));
    assert.equal(error.code, 'slack/channel-not-found');
  });

  it('too fast says how long to wait, and does not knock before that', async () => {
    const wizard = announcer();
    slack.fail('chat.postMessage', { kind: 'rate-limit', seconds: 30 });
    assert.equal((await failing(wizard.announce(aNews(), undefined, call))).afterMs, 30_000);
    const knocks = slack.calls.length;
    await clock.advance(10_000);
    const error = await failing(wizard.announce(aNews(), undefined, call));
    assert.equal(error.remedy, 'try-again');
    assert.equal(error.afterMs, 20_000);
    assert.equal(slack.calls.length, knocks);
    await clock.advance(20_000);
    await wizard.announce(aNews(), undefined, call);
    assert.equal(slack.posts().length, 1);
  });

  it('trouble at Slack is tried again', async () => {
    slack.fail('chat.postMessage', { kind: 'status', status: 503 });
    assert.equal((await failing(announcer().announce(aNews(), undefined, call))).remedy, 'try-again');
    slack.fail('chat.postMessage', { kind: 'says', code: 'internal_error' });
    assert.equal((await failing(announcer().announce(aNews(), undefined, call))).remedy, 'try-again');
  });

  it('a word it does not know is a bug of ours', async () => {
    slack.fail('chat.postMessage', { kind: 'says', code: 'invalid_blocks' });
    assert.equal((await failing(announcer().announce(aNews(), undefined, call))).remedy, 'report-bug');
  });
});
