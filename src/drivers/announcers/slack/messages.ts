import { z } from 'zod';
import type { EnvironmentId } from '../../../domain/claim.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { Call } from '../../../ports/call.ts';
import type { SlackMessage } from './render.ts';
import type { SlackMethod } from './slack-client.ts';
import { isRefusal } from './slack-error.ts';

/** Where a message is. `ts` is its id in the channel and the second it was posted in. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

/** Marks a message as ours: which environment of which instance it tells of. */
export interface Marker {
  readonly instance: string;
  readonly environment: EnvironmentId;
}

/** The messages of one bot, found again by their marker. */
export interface Messages {
  post(channel: string, marker: Marker, message: SlackMessage, call: Call): Promise<Place>;
  edit(place: Place, marker: Marker, message: SlackMessage, call: Call): Promise<void>;
  /** Gone already is success. */
  remove(place: Place, call: Call): Promise<void>;
  /** Ours with this marker, oldest first, among the newest of the channel, or only of the minutes around a message. */
  findMarked(channel: string, marker: Marker, around: string | undefined, call: Call): Promise<readonly Place[]>;
}

const eventType = 'shining_wizard_environment';
const pageSize = 200;
/** How far back a message without a handle is looked for. More finds older ones after a lost database, and costs calls. */
const mostPages = 3;
/** A post whose answer was lost took effect within minutes of the one that replaced it, or never. */
const aroundSeconds = 15 * 60;

const who = z.object({ bot_id: z.string().optional(), user_id: z.string() });
const posted = z.object({ channel: z.string(), ts: z.string() });
const done = z.object({ ok: z.literal(true) });
const history = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      user: z.string().optional(),
      bot_id: z.string().optional(),
      metadata: z
        .object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) })
        .optional()
        .catch(undefined),
    }),
  ),
  has_more: z.boolean().optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

export function slackMessages(slack: SlackMethod): Messages {
  let self: z.infer<typeof who> | undefined;
  const isOurs = async (message: { user?: string | undefined; bot_id?: string | undefined }, call: Call) => {
    self ??= await slack('auth.test', {}, who, call);
    return self.bot_id === undefined ? message.user === self.user_id : message.bot_id === self.bot_id;
  };
  return {
    async post(channel, marker, message, call) {
      const fields = { channel, ...contentOf(marker, message), unfurl_links: false, unfurl_media: false };
      return await slack('chat.postMessage', fields, posted, call);
    },
    async edit({ channel, ts }, marker, message, call) {
      await slack('chat.update', { channel, ts, ...contentOf(marker, message) }, done, call);
    },
    async remove({ channel, ts }, call) {
      try {
        await slack('chat.delete', { channel, ts }, done, call);
      } catch (error) {
        if (!isRefusal(error, 'message_not_found')) throw error;
      }
    },
    async findMarked(channel, marker, around, call) {
      const found: Place[] = [];
      let cursor = '';
      for (let pages = 0; pages < mostPages; pages += 1) {
        const fields = { channel, limit: pageSize, include_all_metadata: true, ...windowOf(around) };
        const page = await slack('conversations.history', cursor ? { ...fields, cursor } : fields, history, call);
        for (const message of page.messages)
          if (isMarked(message.metadata, marker) && (await isOurs(message, call)))
            found.push({ channel, ts: message.ts });
        cursor = page.response_metadata?.next_cursor ?? '';
        if (cursor === '' || page.has_more === false) break;
      }
      return found.sort((a, b) => Number(a.ts) - Number(b.ts));
    },
  };
}

/** `parse: none` also on update, where Slack's default would link names by itself. */
const contentOf = (marker: Marker, message: SlackMessage) => ({
  text: message.text,
  blocks: message.blocks,
  parse: 'none',
  metadata: { event_type: eventType, event_payload: { ...marker } } satisfies JsonObject,
});

const isMarked = (
  metadata: { event_type: string; event_payload: Record<string, unknown> } | undefined,
  marker: Marker,
): boolean =>
  metadata?.event_type === eventType &&
  metadata.event_payload['environment'] === marker.environment &&
  metadata.event_payload['instance'] === marker.instance;

function windowOf(around: string | undefined): { oldest?: string; latest?: string; inclusive?: boolean } {
  if (around === undefined) return {};
  const at = Number(around);
  return { oldest: (at - aroundSeconds).toFixed(6), latest: (at + aroundSeconds).toFixed(6), inclusive: true };
}
