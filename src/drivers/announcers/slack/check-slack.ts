import { z } from 'zod';
import { systemClock } from '../../../kit/clock.ts';
import type { Call } from '../../../ports/call.ts';
import type { SlackBotOptions } from './bot-announcer.ts';
import { channelOf } from './channel.ts';
import { slackClient } from './slack-client.ts';

const who = z.object({ team: z.string(), user: z.string() });
const readable = z.object({ ok: z.literal(true) });

/**
 * Tries what can be tried without anybody seeing it: the token, the channel, and reading its history. Answers a sentence for
 * people, or throws `fix-setup` with what to do. Whether the app may write shows only with the first message.
 */
export async function checkSlack(options: Omit<SlackBotOptions, 'instance'>, call: Call): Promise<string> {
  const slack = slackClient({ clock: systemClock, ...options });
  const { team, user } = await slack('auth.test', {}, who, call);
  const channel = await channelOf(slack, options.channel)(call);
  await slack('conversations.history', { channel, limit: 1 }, readable, call);
  return `Slack knows us as ${user} in ${team}, and ${options.channel} can be read`;
}
