import { brokenBlockRule, brokenMetadataRule } from './block-rules.ts';
import { findSlackChannel, type SlackChannel, type SlackWorkspace } from './workspace.ts';

export type Answer = Readonly<Record<string, unknown>>;
export type Form = Readonly<Record<string, string>>;

/** Slack's word for what is wrong, with our own words for the person who reads the failing test. */
export class SlackSays extends Error {
  readonly code: string;
  constructor(code: string, why = '') {
    super(why === '' ? code : `${code}: ${why}`);
    this.code = code;
  }
}

/** What the text of a call would become, checked by the rules of both doors. */
export function checkedContent(fields: { text?: unknown; blocks?: unknown; metadata?: unknown }) {
  const text = fields.text ?? '';
  if (typeof text !== 'string') throw new SlackSays('invalid_arguments', 'text must be text');
  if (text.length > 40_000) throw new SlackSays('msg_too_long');
  if (text === '' && fields.blocks === undefined) throw new SlackSays('no_text');
  if (fields.blocks !== undefined) {
    const broken = brokenBlockRule(fields.blocks);
    if (broken) throw new SlackSays('invalid_blocks', broken);
  }
  if (fields.metadata !== undefined) {
    const broken = brokenMetadataRule(fields.metadata);
    if (broken) throw new SlackSays('invalid_metadata_schema', broken);
  }
  return { text, blocks: Array.isArray(fields.blocks) ? fields.blocks : [], metadata: fields.metadata };
}

type Method = (workspace: SlackWorkspace, form: Form) => Answer;

const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postMessage': ['channel', 'text', 'blocks', 'metadata', 'parse', 'unfurl_links', 'unfurl_media', 'link_names'],
  'chat.update': ['channel', 'ts', 'text', 'blocks', 'metadata', 'parse', 'link_names'],
  'chat.delete': ['channel', 'ts'],
  'conversations.history': ['channel', 'cursor', 'limit', 'oldest', 'latest', 'inclusive', 'include_all_metadata'],
  'conversations.list': ['cursor', 'limit', 'types', 'exclude_archived'],
};

/** The methods that the announcer uses. Arguments that Slack does not document for a method are refused. */
export const slackMethods: Readonly<Record<string, Method>> = {
  'auth.test': ({ botId, userId }) => ({ ok: true, team: 'standin', user: 'wizard', user_id: userId, bot_id: botId }),
  'chat.postMessage': (workspace, form) => {
    const channel = writable(findSlackChannel(workspace, need(form, 'channel'), true));
    const content = checkedContent(contentIn(form));
    const post = { ts: workspace.nextTs(), botId: workspace.botId, ...content, edits: 0 };
    channel.posts.push(post);
    return { ok: true, channel: channel.id, ts: post.ts, message: messageOf(workspace, post, true) };
  },
  'chat.update': (workspace, form) => {
    const { channel, post } = ourPost(workspace, form, 'cant_update_message');
    const content = checkedContent(contentIn(form));
    Object.assign(post, content.metadata === undefined ? { text: content.text, blocks: content.blocks } : content);
    post.edits += 1;
    return { ok: true, channel: channel.id, ts: post.ts, text: post.text };
  },
  'chat.delete': (workspace, form) => {
    const { channel, post } = ourPost(workspace, form, 'cant_delete_message');
    channel.posts.splice(channel.posts.indexOf(post), 1);
    return { ok: true, channel: channel.id, ts: post.ts };
  },
  'conversations.history': (workspace, form) => {
    const channel = readable(findSlackChannel(workspace, need(form, 'channel'), false));
    const within = (ts: string): boolean => {
      const { oldest = '0', latest = 'Infinity', inclusive } = form;
      return inclusive === 'true'
        ? Number(ts) >= Number(oldest) && Number(ts) <= Number(latest)
        : Number(ts) > Number(oldest) && Number(ts) < Number(latest);
    };
    const found = channel.posts.filter((post) => within(post.ts)).reverse();
    const { items, next } = pageOf(found, form, 100, 999);
    return {
      ok: true,
      messages: items.map((post) => messageOf(workspace, post, form['include_all_metadata'] === 'true')),
      has_more: next !== '',
      ...(next === '' ? {} : { response_metadata: { next_cursor: next } }),
    };
  },
  'conversations.list': (workspace, form) => {
    const shown = workspace.channels.filter(({ archived }) => form['exclude_archived'] !== 'true' || !archived);
    const { items, next } = pageOf(shown, form, 100, 1000);
    const channels = items.map(({ id, name, archived, joined }) => ({
      id,
      name,
      is_channel: true,
      is_archived: archived,
      is_member: joined,
    }));
    return { ok: true, channels, response_metadata: { next_cursor: next } };
  },
};

/** Runs a method as Slack does, or throws `SlackSays`. */
export function runSlackMethod(workspace: SlackWorkspace, name: string, form: Form): Answer {
  const method = slackMethods[name];
  const allowed = argumentsOf[name];
  if (!method || !allowed) throw new SlackSays('unknown_method', name);
  const stranger = Object.keys(form).find((key) => !allowed.includes(key));
  if (stranger) throw new SlackSays('invalid_arguments', `${name} takes no ${stranger}`);
  return method(workspace, form);
}

function contentIn(form: Form) {
  return {
    ...(form['text'] === undefined ? {} : { text: form['text'] }),
    ...(form['blocks'] === undefined ? {} : { blocks: json(form['blocks'], 'invalid_blocks_format') }),
    ...(form['metadata'] === undefined ? {} : { metadata: json(form['metadata'], 'invalid_metadata_format') }),
  };
}

function json(text: string, code: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SlackSays(code, String(error));
  }
}

function need(form: Form, name: string): string {
  const value = form[name];
  if (value === undefined || value === '') throw new SlackSays('invalid_arguments', `${name} is missing`);
  return value;
}

function readable(channel: SlackChannel | undefined): SlackChannel {
  if (!channel) throw new SlackSays('channel_not_found');
  if (!channel.joined) throw new SlackSays('not_in_channel');
  return channel;
}

function writable(channel: SlackChannel | undefined): SlackChannel {
  const found = readable(channel);
  if (found.archived) throw new SlackSays('is_archived');
  return found;
}

/** Editing and deleting take the channel's id only, and our own messages only. */
function ourPost(workspace: SlackWorkspace, form: Form, notOurs: string) {
  const channel = writable(findSlackChannel(workspace, need(form, 'channel'), false));
  const ts = need(form, 'ts');
  const post = channel.posts.find((candidate) => candidate.ts === ts);
  if (!post) throw new SlackSays('message_not_found');
  if (post.botId !== workspace.botId) throw new SlackSays(notOurs);
  return { channel, post };
}

function messageOf(workspace: SlackWorkspace, post: SlackChannel['posts'][number], withMetadata: boolean): Answer {
  const { ts, botId, text, blocks, metadata } = post;
  const user = botId === workspace.botId ? workspace.userId : 'U0STRANGER';
  const shown = { type: 'message', ts, bot_id: botId, user, text, blocks };
  return withMetadata && metadata !== undefined ? { ...shown, metadata } : shown;
}

function pageOf<T>(all: readonly T[], form: Form, usual: number, most: number): { items: readonly T[]; next: string } {
  const limit = form['limit'] === undefined ? usual : Number(form['limit']);
  if (!Number.isInteger(limit) || limit < 1 || limit > most) throw new SlackSays('invalid_limit');
  const cursor = form['cursor'] ?? '';
  const start = cursor === '' ? 0 : Number(Buffer.from(cursor, 'base64').toString().replace('from:', ''));
  if (!Number.isInteger(start)) throw new SlackSays('invalid_cursor');
  const end = start + limit;
  return {
    items: all.slice(start, end),
    next: end < all.length ? Buffer.from(`from:${end}`).toString('base64') : '',
  };
}
