import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Access, access, type Bearer, mayDo, needed } from './access.ts';
import { githubContract } from './contract.ts';
import { endpoints, type Said } from './endpoints.ts';
import { type Fault, type Faults, faults, refusalOf } from './faults.ts';
import { type Node, problem } from './rendering.ts';
import { deliver, signedDelivery, webhookFor } from './webhook.ts';
import { type GithubWorld, githubWorld, type WorldRepository } from './world.ts';

/** One request as it was heard. `status` is missing when the answer was withheld. */
export interface Heard {
  readonly method: string;
  /** With its query, without the prefix. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  status?: number;
}

export interface GithubStandIn {
  readonly baseUrl: string;
  readonly world: GithubWorld;
  readonly access: Access;
  readonly faults: Faults;
  readonly requests: Heard[];
  /** Where requests or answers strayed from GitHub's description. */
  readonly violations: string[];
  /** How many requests counted against the allowance: a 304 does not. */
  counted: number;
  /** Awaited before a request is answered: the moment to change the world while a listing is under way. */
  meanwhile: (request: Heard) => void | Promise<void>;
  /** A token that a person made, and may do all. */
  readonly token: string;
  /** Sends a webhook for whatever people do from now on; the answer waits until all were received. */
  sendWebhooksTo(url: string, secret: string): () => Promise<void>;
  /** Throws when anything strayed from the description. */
  close(): Promise<void>;
}

export interface StandInOptions {
  /** `/api/v3` for an Enterprise server. */
  readonly prefix?: string;
  readonly nowMs?: () => number;
}

/** Starts a GitHub on a port of this machine. */
export async function githubStandIn(options: StandInOptions = {}): Promise<GithubStandIn> {
  const { prefix = '', nowMs = Date.now } = options;
  const contract = githubContract();
  const sending: Promise<unknown>[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      standIn.violations.push(`the stand-in failed: ${String(error)}`);
      response.destroy();
    });
  });
  // Only the other side ends a connection that rests: else, on a busy machine, a request may meet its end.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const standIn: GithubStandIn = {
    baseUrl: `http://127.0.0.1:${port}${prefix}`,
    world: githubWorld(),
    access: access(),
    faults: faults(),
    requests: [],
    violations: [],
    counted: 0,
    meanwhile: () => undefined,
    token: 'a-person-token',
    sendWebhooksTo(url, secret) {
      standIn.world.happened = (action, pull, before) => {
        const payload = webhookFor(action, pull, before);
        sending.push(deliver(url, signedDelivery({ secret, event: 'pull_request', payload })));
      };
      return async () => void (await Promise.all(sending));
    },
    async close() {
      // First no more is taken in, then what is there goes: a connection that came between would be waited for without end.
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (standIn.violations.length > 0)
        throw new Error(`not as GitHub describes it:\n${[...new Set(standIn.violations)].join('\n')}`);
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const heard = await hear(request, prefix);
    standIn.requests.push(heard);
    await standIn.meanwhile(heard);
    const fault = standIn.faults.take(`${heard.method} ${heard.path}`);
    if (fault === 'no-answer') return;
    if (fault === 'cut') return void response.destroy();
    const refusal = fault && refusalOf(fault, nowMs());
    const said = refusal ?? withLimits(respond(standIn, contract, heard, nowMs()));
    if (fault === 'cut-after') return void response.destroy();
    send(response, heard, fault ? spoiled(said, fault) : said);
  }

  /** Counts the request unless it turns out to be a 304. */
  function withLimits(said: Outgoing): Outgoing {
    if (said.status !== 304) standIn.counted += 1;
    const remaining = String(5000 - standIn.counted);
    return { ...said, headers: { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': remaining, ...said.headers } };
  }

  return standIn;
}

interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly node?: unknown;
  readonly text?: string;
  /** The body, where it is written already. */
  readonly written?: string;
  readonly spoil?: 'cut' | 'truncate';
}

async function hear(request: IncomingMessage, prefix: string): Promise<Heard> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const url = request.url ?? '/';
  const path = url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : `/outside${url}`;
  return {
    method: request.method ?? 'GET',
    path,
    headers: request.headers,
    body: Buffer.concat(pieces).toString('utf8'),
  };
}

function respond(
  standIn: GithubStandIn,
  contract: ReturnType<typeof githubContract>,
  heard: Heard,
  nowMs: number,
): Outgoing {
  const url = new URL(heard.path, 'http://stand-in');
  const at = addressed(standIn.world, url.pathname);
  const found = contract.find(heard.method, at.path);
  if (!found) {
    standIn.violations.push(`${heard.method} ${heard.path} is not described`);
    return { status: 404, headers: {}, node: problem('Not Found') };
  }
  const body: Node | undefined = heard.body === '' ? undefined : JSON.parse(heard.body);
  const wrong = contract.judgeRequest({ ...found, query: url.searchParams, body });
  standIn.violations.push(...wrong.map((what) => `${heard.method} ${heard.path}: ${what}`));

  const bearer = standIn.access.who(String(heard.headers['authorization'] ?? ''), nowMs);
  const denied = denial(bearer, found.route, at.repository);
  if (denied) return denied;
  if (at.movedTo !== undefined) {
    const location = `${standIn.baseUrl}${at.movedTo}${url.search}`;
    const status = heard.method === 'GET' ? 301 : 307;
    return { status, headers: { location }, node: { ...problem('Moved Permanently'), url: location } };
  }
  if (found.route.includes('{repo}') && !at.repository) return { status: 404, headers: {}, node: problem('Not Found') };

  const said = endpoints[found.route]?.({
    ...found,
    world: standIn.world,
    access: standIn.access,
    bearer: bearer as Bearer,
    query: url.searchParams,
    body: body ?? {},
    accept: String(heard.headers['accept'] ?? ''),
    nowMs,
    repository: () => at.repository as WorldRepository,
  });
  if (!said) throw new Error(`no endpoint for ${found.route}`);
  const outgoing = paged(said, `${standIn.baseUrl}${url.pathname}`, url.searchParams);
  const type = outgoing.text === undefined ? 'application/json' : 'application/vnd.github.raw+json';
  const strayed = contract.judgeAnswer(found.route, outgoing.status, type, outgoing.node);
  standIn.violations.push(...strayed.map((what) => `${found.route}: ${what}`));
  return withEtag(outgoing, heard);
}

/** The repository that a path speaks of, by its present name, a former one, or its id. */
function addressed(
  world: GithubWorld,
  path: string,
): { readonly path: string; readonly repository?: WorldRepository; readonly movedTo?: string } {
  const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(path);
  if (byId) {
    const repository = [...world.repositories.values()].find(({ id }) => id === byId[1]);
    const described = `/repos/${repository?.name ?? 'gone/gone'}${byId[2] ?? ''}`;
    return repository ? { path: described, repository } : { path: described };
  }
  const name = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path);
  if (!name?.[1]) return { path };
  const repository = [...world.repositories.values()].find((one) => one.name === name[1]);
  if (repository) return { path, repository };
  const former = world.repositories.get(world.formerNames.get(name[1]) ?? ('' as WorldRepository['id']));
  return former ? { path, repository: former, movedTo: `/repositories/${former.id}${name[2] ?? ''}` } : { path };
}

function denial(
  bearer: Bearer | undefined,
  route: string,
  repository: WorldRepository | undefined,
): Outgoing | undefined {
  if (!bearer) return { status: 401, headers: {}, node: problem('Bad credentials') };
  const may = mayDo(bearer, route, repository?.id);
  if (may === 'yes') return undefined;
  if (may === 'unseen') return { status: 404, headers: {}, node: problem('Not Found') };
  const need = needed(route);
  const headers = typeof need === 'string' ? {} : { 'x-accepted-github-permissions': `${need.what}=${need.how}` };
  return { status: 403, headers: { ...headers }, node: problem('Resource not accessible by integration') };
}

function paged(said: Said, address: string, query: URLSearchParams): Outgoing {
  if ('text' in said) return { status: said.status, headers: {}, text: said.text };
  if ('node' in said) return { status: said.status, headers: {}, node: said.node };
  const size = Math.min(100, Number(query.get('per_page') ?? 30));
  const page = Number(query.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(said.items.length / size));
  const link = (to: number, rel: string): string => {
    const there = new URLSearchParams(query);
    there.set('page', String(to));
    return `<${address}?${there.toString()}>; rel="${rel}"`;
  };
  const links = page < last ? [link(page + 1, 'next'), link(last, 'last')] : [];
  const node = said.items.slice((page - 1) * size, page * size);
  return { status: said.status, headers: links.length > 0 ? { link: links.join(', ') } : {}, node };
}

function withEtag(outgoing: Outgoing, heard: Heard): Outgoing {
  if (heard.method !== 'GET' || outgoing.status !== 200) return outgoing;
  const written = outgoing.text ?? JSON.stringify(outgoing.node);
  const etag = `W/"${createHash('sha256').update(written).digest('hex')}"`;
  const headers = { ...outgoing.headers, etag };
  return heard.headers['if-none-match'] === etag ? { status: 304, headers } : { ...outgoing, headers, written };
}

function spoiled(said: Outgoing, fault: Fault): Outgoing {
  const { link, etag, ...headers } = said.headers;
  if (fault === 'cut-in-body') return { ...said, spoil: 'cut' };
  if (fault === 'truncated-json') return { ...said, spoil: 'truncate' };
  if (fault === 'lost-link') return { ...said, headers: { ...headers, ...(etag === undefined ? {} : { etag }) } };
  if (fault === 'empty-list') {
    const { written, ...rest } = said;
    return { ...rest, headers, node: [] };
  }
  return said;
}

function send(response: ServerResponse, heard: Heard, said: Outgoing): void {
  heard.status = said.status;
  const text = said.written ?? said.text ?? (said.node === undefined ? '' : JSON.stringify(said.node));
  const type =
    said.text === undefined ? 'application/json; charset=utf-8' : 'application/vnd.github.raw+json; charset=utf-8';
  const hasBody = said.status !== 204 && said.status !== 304;
  response.writeHead(said.status, { ...said.headers, ...(hasBody ? { 'content-type': type } : {}) });
  if (said.spoil === 'cut') {
    response.write(text.slice(0, text.length / 2), () => response.destroy());
    return;
  }
  response.end(hasBody ? (said.spoil === 'truncate' ? text.slice(0, text.length / 2) : text) : undefined);
}
