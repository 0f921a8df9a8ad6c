import { z } from 'zod';
import type { JsonObject } from '../../../domain/json.ts';
import type { News } from '../../../domain/news.ts';
import { codeOf } from '../../../domain/wizard-error.ts';
import { systemClock } from '../../../kit/clock.ts';
import type { Secret } from '../../../kit/secret.ts';
import type { Announcer } from '../../../ports/announcer.ts';
import type { Call } from '../../../ports/call.ts';
import type { Clock } from '../../../ports/clock.ts';
import { channelOf } from './channel.ts';
import { type Marker, type Messages, type Place, slackMessages } from './messages.ts';
import { renderNews } from './render.ts';
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
  channel: z.string(),
  ts: z.string(),
  /** Looked once more for a twin after posting: a post that was given up may still have landed. */
  settled: z.boolean().catch(false),
  /** The commit for which a deleted message was posted anew. */
  anewFor: z.string().optional(),
});
type Handle = z.infer<typeof handleShape>;

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
      const marker: Marker = { instance: options.instance, environment: news.environment };
      const known = handleShape.safeParse(last).data ?? (await adopt(messages, await channelId(call), marker, call));
      if (!known) {
        if (!news.worthAMessage) return last ?? {};
        const place = await messages.post(await channelId(call), marker, renderNews(news), call);
        return handleOf({ ...place, settled: false });
      }
      return await editOrRepost({ messages, channelId, marker, news, known, call });
    },
  };
}

interface Editing {
  readonly messages: Messages;
  readonly channelId: (call: Call) => Promise<string>;
  readonly marker: Marker;
  readonly news: News;
  readonly known: Handle;
  readonly call: Call;
}

async function editOrRepost({ messages, channelId, marker, news, known, call }: Editing): Promise<JsonObject> {
  const handle = await withoutTwins(messages, known, marker, news, call);
  try {
    await messages.edit(handle, marker, renderNews(news), call);
    return handleOf(handle);
  } catch (error) {
    if (!(await isLost(error, handle, channelId, call))) throw error;
    call.log.info('slack.message-lost', { environment: news.environment, because: codeOf(error) });
    if (!news.worthAMessage || handle.anewFor === news.headSha) return handleOf(handle);
    const channel = await channelId(call);
    const [found] = await messages.findMarked(channel, marker, undefined, call);
    if (found && found.ts !== handle.ts) {
      await messages.edit(found, marker, renderNews(news), call);
      return handleOf({ ...found, settled: false, anewFor: news.headSha });
    }
    const place = await messages.post(channel, marker, renderNews(news), call);
    return handleOf({ ...place, settled: false, anewFor: news.headSha });
  }
}

/** Deleted, not ours any more, or in a channel we cannot write to while the operator has named another since. */
async function isLost(
  error: unknown,
  handle: Handle,
  channelId: (call: Call) => Promise<string>,
  call: Call,
): Promise<boolean> {
  if (isRefusal(error, 'message_not_found', 'cant_update_message')) return true;
  if (!isRefusal(error, 'channel_not_found', 'is_archived', 'not_in_channel')) return false;
  return handle.channel !== (await channelId(call));
}

/** After a lost answer or a lost database: the oldest message with our marker, the others deleted. */
async function adopt(messages: Messages, channel: string, marker: Marker, call: Call): Promise<Handle | undefined> {
  const [oldest, ...twins] = await messages.findMarked(channel, marker, undefined, call);
  for (const twin of twins) await messages.remove(twin, call);
  return oldest && { ...oldest, settled: false };
}

/** Looks around our message for a twin, once after posting and once at the end, and keeps the oldest. */
async function withoutTwins(
  messages: Messages,
  known: Handle,
  marker: Marker,
  news: News,
  call: Call,
): Promise<Handle> {
  if (known.settled && news.phase !== 'closed') return known;
  const found = await messages.findMarked(known.channel, marker, known.ts, call);
  const oldest: Place = found[0] ?? known;
  for (const place of found.slice(1)) await messages.remove(place, call);
  return { ...known, channel: oldest.channel, ts: oldest.ts, settled: true };
}

const handleOf = (handle: Handle): JsonObject => ({
  channel: handle.channel,
  ts: handle.ts,
  settled: handle.settled,
  ...(handle.anewFor === undefined ? {} : { anewFor: handle.anewFor }),
});
