import assert from 'node:assert/strict';
import { aCall, aNews } from '../../../../testing/builders.ts';
import { type AnnouncerWorld, announcerLaws } from '../../../../testing/conformance/announcer-laws.ts';
import { manualClock } from '../../../../testing/manual-clock.ts';
import { startSlack } from '../../../../testing/slack/slack-server.ts';
import { Secret } from '../../../kit/secret.ts';
import { slackAnnouncer } from './slack-announcer.ts';

const call = aCall();

const ourWorld = async (): Promise<AnnouncerWorld> => {
  const place = await startSlack();
  const channel = place.workspace.channels[0];
  assert.ok(channel);
  const open = (token = place.workspace.token, named = '#previews') =>
    slackAnnouncer({
      instance: 'wizard',
      token: new Secret(token),
      channel: named,
      apiUrl: place.apiUrl,
      clock: manualClock(),
    });
  const say = (announcer = open()) => announcer.announce(aNews(), undefined, call);
  return {
    announcer: open(),
    reopen: () => open(),
    messages: async () => channel.posts.map(({ ts, text }) => ({ id: ts, text })),
    mutations: () => place.calls.filter(({ method }) => method.startsWith('chat.')).length,
    remove: async (id) => {
      const index = channel.posts.findIndex(({ ts }) => ts === id);
      channel.posts.splice(index, 1);
    },
    plantStranger: async () => {
      const metadata = {
        event_type: 'shining_wizard_environment',
        event_payload: { instance: 'wizard', environment: 'shop-7' },
      };
      const ts = place.workspace.nextTs();
      channel.posts.push({ ts, botId: 'B0FORGER', text: 'forged', blocks: [], metadata, edits: 0 });
      return ts;
    },
    loseNextAnswer: () => place.fail('chat.postMessage', { kind: 'cut', effect: true }),
    troubles: [
      { what: 'a wrong token', remedy: 'fix-setup', provoke: () => say(open('xoxb-wrong')) },
      { what: 'a missing channel', remedy: 'fix-setup', provoke: () => say(open(undefined, '#nowhere')) },
      {
        what: 'a cut connection',
        remedy: 'try-again',
        provoke: () => {
          place.fail('chat.postMessage', { kind: 'cut', effect: false });
          return say();
        },
      },
    ],
    close: () => place.close(),
  };
};
announcerLaws({ name: 'the Slack announcer keeps the laws of announcers', newWorld: ourWorld });
