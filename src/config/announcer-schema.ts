import * as z from 'zod';
import { line, webUrl } from './fields.ts';
import { type Outside, secret } from './outside.ts';
import { type Complain, settings } from './settings.ts';

/** One entry of `announcers`. */
export const announcerSchema = (outside: Outside) =>
  z.discriminatedUnion('kind', [slack(outside), pullRequest, log], { error: 'expected settings with a kind' });

const slack = (outside: Outside) =>
  settings(
    {
      kind: z.literal('slack').describe('One message for each environment.'),
      token: secret(outside, 'a bot token')
        .exactOptional()
        .describe('Bot token; goes with `channel`. Messages are edited as things change.'),
      'api-url': webUrl('the address of the Slack API')
        .exactOptional()
        .describe('Address of the Slack API, where it is not `https://slack.com/api/`.'),
      channel: line('a channel').exactOptional().describe('Id or name of the channel.'),
      'webhook-url': secret(outside, 'the URL of an incoming webhook')
        .exactOptional()
        .describe('Incoming webhook instead of a token. Its messages cannot be edited, so it only tells what matters.'),
    },
    oneWay,
  );

function oneWay(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  const bot = 'token' in value || 'channel' in value;
  if (bot && 'webhook-url' in value)
    complain(['webhook-url'], 'expected either webhook-url, or token and channel, got both');
  else if (!bot && !('webhook-url' in value)) complain([], 'expected token and channel, or webhook-url, got neither');
  else if (bot && !('channel' in value)) complain([], 'token needs channel beside it');
  else if (bot && !('token' in value)) complain([], 'channel needs token beside it');
}

const pullRequest = settings({
  kind: z.literal('pull-request').describe('A comment on the pull request and a status of its commit.'),
});

const log = settings({ kind: z.literal('log').describe("A line in the server's own log.") });
