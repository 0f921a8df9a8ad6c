import { z } from 'zod';
import { canonical } from '../../../domain/json.ts';
import { stableHash } from '../../../domain/stable-hash.ts';
import { systemClock } from '../../../kit/clock.ts';
import { keepOneMessage, keptAsJson, type OwnMessages } from '../../../kit/one-message.ts';
import type { Secret } from '../../../kit/secret.ts';
import type { Announcer } from '../../../ports/announcer.ts';
import type { Call } from '../../../ports/call.ts';
import type { Clock } from '../../../ports/clock.ts';
import { channelOf } from './channel.ts';
import { type Marker, type Messages, type Place, slackMessages } from './messages.ts';
import { renderNews, type SlackMessage } from './render.ts';
import { slackClient } from './slack-client.ts';
import { isRefusal } from './slack-error.ts';

export interface SlackBotOptions {
  /** Which server speaks: two in one channel do not take each other's messages. */
  readonly instance: string;
  /** A bot token, `xoxb-…`. */
  readonly token: Secret;
  /** `C0123456789`, or `#name`. */
  readonly channel: string;
  /** Default `https://slack.com/api/`. */
  readonly apiUrl?: string;
  readonly clock?: Clock;
}

const handleShape = z.object({
  at: z.object({ channel: z.string(), ts: z.string() }),
  said: z.string().optional(),
  settled: z.boolean(),
  anewFor: z.string().optional(),
});

/**
 * One message for each environment, edited in place, with a bot token. Found by its handle, else by the marker in its metadata;
 * a message that people deleted is posted anew, once for each commit.
 */
export function botAnnouncer(options: SlackBotOptions): Announcer {
  const slack = slackClient({ clock: systemClock, ...options });
  const messages = slackMessages(slack);
  const channelId = channelOf(slack, options.channel);
  return {
    kind: 'slack',
    async announce(news, last, call) {
      const message = renderNews(news);
      const kept = await keepOneMessage(
        ownMessages({
          messages,
          channelId,
          message,
          marker: { instance: options.instance, environment: news.environment },
          call,
        }),
        handleShape.safeParse(last).data,
        {
          said: stableHash(canonical({ ...message }), 16),
          commit: news.headSha,
          mayPost: news.worthAMessage,
          isLast: news.phase === 'closed',
        },
      );
      return kept ? keptAsJson({ ...kept, at: { ...kept.at } }) : {};
    },
  };
}

interface Speaking {
  readonly messages: Messages;
  readonly channelId: (call: Call) => Promise<string>;
  readonly marker: Marker;
  readonly message: SlackMessage;
  readonly call: Call;
}

function ownMessages({ messages, channelId, marker, message, call }: Speaking): OwnMessages<Place> {
  /** The operator named another channel since, and the old one takes no more. */
  const hasMoved = async (error: unknown, at: Place): Promise<boolean> =>
    isRefusal(error, 'channel_not_found', 'is_archived', 'not_in_channel') && at.channel !== (await channelId(call));
  return {
    find: async (near) => {
      try {
        return await messages.findMarked(near?.channel ?? (await channelId(call)), marker, near?.ts, call);
      } catch (error) {
        if (near && (await hasMoved(error, near))) return [];
        throw error;
      }
    },
    post: async () => messages.post(await channelId(call), marker, message, call),
    edit: async (at) => {
      try {
        await messages.edit(at, marker, message, call);
        return true;
      } catch (error) {
        const isLost = isRefusal(error, 'message_not_found', 'cant_update_message');
        if (isLost || (await hasMoved(error, at))) return false;
        throw error;
      }
    },
    remove: (at) => messages.remove(at, call),
  };
}
