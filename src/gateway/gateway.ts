import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostTable } from '../ports/gateway.ts';
import type { Views } from '../ports/requests.ts';
import { answer, refusal, refusalPage } from './answer.ts';
import { createForward, type Found, upstreamOf } from './forward.ts';
import { answerNotReady, wantsPage } from './not-ready.ts';
import { createOwnPaths, isOwnPath } from './own-paths.ts';
import { routeRequest } from './route-request.ts';
import { createUpgrade } from './upgrade.ts';
import { createUpstreams, maxHeaderBytes } from './upstreams.ts';

export interface GatewayOptions {
  readonly hosts: HostTable;
  readonly views: Views;
  readonly log: Log;
  readonly clock: Clock;
  /** How visitors reach us, told to applications: `https` when something in front ends TLS. Default `http`. */
  readonly scheme?: 'http' | 'https';
}

/** The door that visitors come in by. */
export interface Gateway {
  /** Answers where it listens; port 0 lets the system choose. */
  listen(at: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number }>;
  /** Takes no more visitors and ends what is open. */
  close(): Promise<void>;
}

export function createGateway({ hosts, views, log, clock, scheme = 'http' }: GatewayOptions): Gateway {
  const upstreams = createUpstreams();
  const about = { hosts, views, log, clock };
  const failed = (response: ServerResponse) => (error: unknown) => {
    log.error('gateway.defect', { message: describeError(error) });
    if (response.headersSent) response.destroy();
    else answer(response, refusal(500, 'The gateway failed. Its log says why.'));
  };
  const notReady = (request: IncomingMessage, response: ServerResponse, { entry }: Found): void => {
    answerNotReady(about, request, response, entry).catch(failed(response));
  };
  const refuse = (response: ServerResponse, status: number, message: string): void =>
    answer(response, (wantsPage(response.req) ? refusalPage : refusal)(status, message));
  const forward = createForward({ hosts, upstreams, log, clock, scheme, notReady, refuse });
  const ownPaths = createOwnPaths(about);

  const server = createServer(
    {
      // An upload takes as long as the visitor's line needs; its headers may not.
      requestTimeout: 0,
      // A chunk of 64 KB is the most that comes at once; with room for one only, each would stop the application and start it again.
      highWaterMark: 256 * 1024,
      headersTimeout: 30_000,
      keepAliveTimeout: 75_000,
      maxHeaderSize: maxHeaderBytes,
      insecureHTTPParser: false,
      // Only offers we can pass on: a plain request that also offers HTTP/2 is a plain request.
      shouldUpgradeCallback: ({ headers }) => !/^h2c?\b|^tls\//i.test(headers.upgrade ?? ''),
    },
    (request, response) => {
      const url = request.url ?? '';
      const found = routeRequest(url, request.rawHeaders, hosts);
      if (found.is === 'refused') refuse(response, found.status, found.message);
      else if (isOwnPath(url)) ownPaths(request, response, found).catch(failed(response));
      else pass(request, response, found);
    },
  );
  const pass = (request: IncomingMessage, response: ServerResponse, found: Found): void => {
    const upstream = upstreamOf(found.entry);
    if (upstream) forward(request, response, found, upstream);
    else notReady(request, response, found);
  };
  const upgraded = new Set<Duplex>();
  const upgrade = createUpgrade({ hosts, log, scheme, isOwn: isOwnPath });
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    upgrade(request, socket, head);
  });
  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          const at = server.address() as AddressInfo;
          log.info('gateway.listen', { host: at.address, port: at.port });
          resolve({ host: at.address, port: at.port });
        });
      }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await upstreams.close();
      await closed;
    },
  };
}
