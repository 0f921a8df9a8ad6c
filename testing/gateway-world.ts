import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import type { EnvironmentId } from '../src/domain/claim.ts';
import { createGateway } from '../src/gateway/gateway.ts';
import { systemClock } from '../src/kit/clock.ts';
import type { HostEntry } from '../src/ports/gateway.ts';
import type { EnvironmentView, StepView, Views } from '../src/ports/requests.ts';
import { aNews, anEnvironment, aSha } from './builders.ts';
import { silentLog } from './silent-log.ts';

export const appHost = 'app-shop-7.preview.example';

export const aView = (
  over: Omit<Partial<EnvironmentView>, 'news'> & { readonly news?: Partial<EnvironmentView['news']> } = {},
): EnvironmentView => ({
  environment: anEnvironment({ phase: over.news?.phase ?? 'building' }),
  steps: [],
  ...over,
  news: aNews(over.news),
});

export const aStep = (over: Partial<StepView> = {}): StepView => ({
  name: 'web',
  role: 'web.0a1b2c3d',
  kind: 'process',
  state: 'waiting',
  note: '',
  lastLines: [],
  ...over,
});

/** A gateway on a port of its own, with a host table and views that the test changes. Ends with `await using`. */
export async function openGatewayWorld() {
  const hosts = new Map<string, HostEntry>();
  const shown = new Map<string, EnvironmentView>();
  const logs = new Map<string, string>();
  const watchers = new Set<{ id: string | undefined; then: (id: EnvironmentId) => void }>();
  const closers: (() => Promise<unknown>)[] = [];
  const log = silentLog();
  const views: Views = {
    find: async (id) => shown.get(id),
    list: async () => [...shown.values()],
    timeline: async () => [],
    readLog: async (_, role, from) => {
      const text = logs.get(role);
      if (text === undefined) return undefined;
      const bytes = Buffer.from(text);
      return { text: bytes.subarray(from).toString(), next: bytes.length };
    },
    watch: (id, then) => {
      const watcher = { id, then };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
  const gateway = createGateway({ hosts: { find: (host) => hosts.get(host) }, views, log, clock: systemClock });
  const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
  const world = {
    port,
    hosts,
    logs,
    views,
    log,
    watchers,
    /** Shows the view and tells whoever watches. */
    put(view: EnvironmentView): void {
      shown.set(view.environment.id, view);
      for (const { then } of watchers) then(view.environment.id);
    },
    /** Makes the host of the usual environment lead to this port, or to nothing. */
    lead(to: number | undefined, revision = aSha(1), address?: string): void {
      const entry = { environment: 'shop-7' as EnvironmentId, endpoint: 'app' };
      hosts.set(
        appHost,
        to === undefined ? entry : { ...entry, port: to, revision, ...(address === undefined ? {} : { address }) },
      );
    },
    /** Starts an application and leads the host to it. */
    async application(listener: RequestListener): Promise<Server & { port: number }> {
      const server = createServer(listener);
      closers.push(() => stop(server));
      world.lead(await listening(server));
      return Object.assign(server, { port: (server.address() as AddressInfo).port });
    },
    /** The same, but it speaks over the bare connection. */
    async rawApplication(listener: (socket: Socket) => void): Promise<number> {
      const sockets = new Set<Socket>();
      const server = createTcpServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        listener(socket);
      });
      closers.push(async () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      const at = await listening(server);
      world.lead(at);
      return at;
    },
    /** Sends these very bytes and answers all that comes until the other side, or `enough`, ends it. */
    raw: (text: string, enough?: (soFar: string) => boolean) => rawExchange(port, text, enough),
    /** A request over a fresh connection; the body is read whole. */
    async get(path: string, headers: Record<string, string> = {}, method = 'GET') {
      const request = httpRequest({
        host: '127.0.0.1',
        port,
        path,
        method,
        agent: false,
        headers: { host: appHost, ...headers },
      });
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
      return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await gateway.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
  world.lead(undefined);
  return world;
}

export type GatewayWorld = Awaited<ReturnType<typeof openGatewayWorld>>;

/** Waits until the condition holds, and fails with `what` when it does not within the time. */
export async function until(what: string, holds: () => boolean, withinMs = 5_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until a count that has begun to grow stays the same over many looks. */
export async function untilStill(what: string, count: () => number): Promise<void> {
  let seen = 0;
  let same = 0;
  await until(what, () => {
    same = count() === seen ? same + 1 : 0;
    seen = count();
    return seen > 0 && same > 30;
  });
}

/** A port that nothing listens on (it was just given back). */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(server: TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
}

function rawExchange(port: number, text: string, enough: (soFar: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let soFar = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no end to: ${soFar}`)));
    socket.on('data', (chunk) => {
      soFar += chunk.toString('latin1');
      if (enough(soFar)) socket.end();
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(soFar) : reject(error),
    );
    socket.on('close', () => resolve(soFar));
  });
}
