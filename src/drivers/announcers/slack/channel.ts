import { z } from 'zod';
import type { Call } from '../../../ports/call.ts';
import type { SlackMethod } from './slack-client.ts';
import { SlackRefusal } from './slack-error.ts';

const page = z.object({
  channels: z.array(z.object({ id: z.string(), name: z.string() })),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** 100 pages of 200: more channels than that need the id in wizard.yml. */
const mostPages = 100;

/** Whether this is a channel's id and not its name: names are lower case. */
export const isChannelId = (text: string): boolean => /^[CGD][A-Z0-9]{6,}$/.test(text);

/**
 * The id of the channel that the operator named, by id or as `#name`; asked once. Reading and editing need the id, only posting
 * would take the name.
 */
export function channelOf(slack: SlackMethod, named: string): (call: Call) => Promise<string> {
  let known = isChannelId(named) ? named : undefined;
  const name = named.replace(/^#/, '');
  return async (call) => {
    known ??= await findChannel(slack, name, call);
    return known;
  };
}

async function findChannel(slack: SlackMethod, name: string, call: Call): Promise<string> {
  let cursor = '';
  for (let pages = 0; pages < mostPages; pages += 1) {
    const fields = { limit: 200, types: 'public_channel,private_channel', exclude_archived: true };
    const answer = await slack('conversations.list', cursor ? { ...fields, cursor } : fields, page, call);
    const found = answer.channels.find((channel) => channel.name === name);
    if (found) return found.id;
    cursor = answer.response_metadata?.next_cursor ?? '';
    if (cursor === '') break;
  }
  throw new SlackRefusal(`looking for the channel #${name} in Slack`, 'channel_not_found');
}
