import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { checkedContent, runSlackMethod, SlackSays } from './methods.ts';
import { type SlackPost, type SlackWorkspace, slackWorkspace } from './workspace.ts';

/** What goes wrong with a call. `webhook` names the incoming webhook's door. */
export type SlackFault =
  /** Refused with Slack's word; nothing happens. */
  | { readonly kind: 'says'; readonly code: string; readonly status?: number }
  | { readonly kind: 'rate-limit'; readonly seconds: number }
  | { readonly kind: 'status'; readonly status: number }
  /** The connection is cut before, or after, it took effect. */
  | { readonly kind: 'cut'; readonly effect: boolean }
  /** No answer ever; it takes effect when `land` is called. */
  | { readonly kind: 'late' }
  /** It took effect and the answer is no JSON. */
  | { readonly kind: 'garbage' };

export interface SlackCallSeen {
  readonly method: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface SlackServer {
  readonly apiUrl: string;
  readonly webhookUrl: string;
  readonly workspace: SlackWorkspace;
  /** Every call that arrived, in order. */
  readonly calls: readonly SlackCallSeen[];
  /** Messages of a channel, oldest first. */
  posts(channel?: string): readonly SlackPost[];
  /** The next `times` calls of `method` go wrong so. */
  fail(method: string, fault: SlackFault, times?: number): void;
  /** Lets the late calls take effect now. */
  land(): void;
  /** At most one message a second in each channel, as Slack has it; off unless asked. `now` in milliseconds. */
  limitRate(now: () => number): void;
  close(): Promise<void>;
}

/** A stand-in for Slack on a port of this machine that refuses what Slack's documentation forbids. */
export async function startSlack(workspace: SlackWorkspace = slackWorkspace()): Promise<SlackServer> {
  const calls: SlackCallSeen[] = [];
  const faults: { method: string; fault: SlackFault }[] = [];
  const late: (() => void)[] = [];
  const lastPost = new Map<string, number>();
  let now: (() => number) | undefined;

  const tooFast = (channel: string): boolean => {
    if (!now) return false;
    const at = now();
    const before = lastPost.get(channel) ?? -Infinity;
    if (at - before < 1000) return true;
    lastPost.set(channel, at);
    return false;
  };

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const door = doorOf(workspace, request, body);
      calls.push({ method: door.method, fields: door.fields });
      const index = faults.findIndex(({ method }) => method === door.method);
      const fault = index < 0 ? undefined : faults.splice(index, 1)[0]?.fault;
      if (fault?.kind === 'rate-limit') return rateLimited(response, fault.seconds);
      if (isPost(door.method) && tooFast(String(door.fields['channel'] ?? 'webhook'))) return rateLimited(response, 1);
      if (fault?.kind === 'status') return void response.writeHead(fault.status).end('trouble');
      if (fault?.kind === 'says') return door.refuse(response, new SlackSays(fault.code), fault.status);
      if (fault?.kind === 'late') return void late.push(() => settle(door));
      const result = fault?.kind === 'cut' && !fault.effect ? undefined : settle(door);
      if (fault?.kind === 'cut') return void request.socket.destroy();
      if (fault?.kind === 'garbage') return void response.writeHead(200).end('<html>a proxy says hello');
      if (result instanceof SlackSays) return door.refuse(response, result);
      door.answer(response, result);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    webhookUrl: `http://127.0.0.1:${port}${workspace.webhookPath}`,
    workspace,
    calls,
    posts: (channel = 'previews') => workspace.channels.find(({ name }) => name === channel)?.posts ?? [],
    fail: (method, fault, times = 1) => {
      for (let n = 0; n < times; n += 1) faults.push({ method, fault });
    },
    land: () => {
      for (const effect of late.splice(0)) effect();
    },
    limitRate: (clock) => {
      now = clock;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const isPost = (method: string): boolean => method === 'chat.postMessage' || method === 'webhook';

interface Door {
  readonly method: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly effect: () => unknown;
  answer(response: ServerResponse, result: unknown): void;
  refuse(response: ServerResponse, says: SlackSays, status?: number): void;
}

function settle(door: Door): unknown {
  try {
    return door.effect();
  } catch (error) {
    if (error instanceof SlackSays) return error;
    throw error;
  }
}

function doorOf(workspace: SlackWorkspace, request: IncomingMessage, body: string): Door {
  const path = request.url ?? '/';
  return path.startsWith('/api/') ? apiDoor(workspace, request, path, body) : webhookDoor(workspace, path, body);
}

/** Refusals are answered with status 200 and `ok: false`; the words after the code are ours. */
function apiDoor(workspace: SlackWorkspace, request: IncomingMessage, path: string, body: string): Door {
  const form = Object.fromEntries(new URLSearchParams(body));
  const method = path.slice('/api/'.length);
  const send = (response: ServerResponse, json: unknown): void =>
    void response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(json));
  return {
    method,
    fields: form,
    effect: () => {
      const given = request.headers.authorization;
      if (given === undefined) throw new SlackSays('not_authed');
      if (given !== `Bearer ${workspace.token}`) throw new SlackSays('invalid_auth');
      if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
        throw new SlackSays('invalid_post_type');
      return runSlackMethod(workspace, method, form);
    },
    answer: send,
    refuse: (response, says) => send(response, { ok: false, error: says.code, why: says.message }),
  };
}

/** Answers plain words: `ok` with 200, else Slack's word with a status of its own. */
function webhookDoor(workspace: SlackWorkspace, path: string, body: string): Door {
  const fields = bodyFields(body);
  return {
    method: 'webhook',
    fields,
    effect: () => {
      if (path !== workspace.webhookPath) throw new SlackSays('no_service');
      const stranger = Object.keys(fields).find(
        (key) => !['text', 'blocks', 'unfurl_links', 'unfurl_media'].includes(key),
      );
      if (stranger) throw new SlackSays('invalid_payload', `no such field: ${stranger}`);
      const content = checkedContent(fields);
      const channel = workspace.channels[0];
      if (!channel) throw new SlackSays('channel_not_found');
      if (channel.archived) throw new SlackSays('channel_is_archived');
      channel.posts.push({ ts: workspace.nextTs(), botId: 'B0HOOK', ...content, edits: 0 });
    },
    answer: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('ok'),
    refuse: (response, says, status = webhookStatus[says.code] ?? 400) =>
      void response.writeHead(status, { 'content-type': 'text/html' }).end(says.code),
  };
}

const webhookStatus: Readonly<Record<string, number>> = {
  action_prohibited: 403,
  channel_not_found: 404,
  no_service: 404,
  channel_is_archived: 410,
  rollup_error: 500,
};

function bodyFields(body: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? { ...json } : {};
  } catch {
    return { broken: body };
  }
}

const rateLimited = (response: ServerResponse, seconds: number): void =>
  void response
    .writeHead(429, { 'retry-after': String(seconds), 'content-type': 'application/json' })
    .end(JSON.stringify({ ok: false, error: 'ratelimited' }));

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
