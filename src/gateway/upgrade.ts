import { request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../ports/call.ts';
import type { HostEntry, HostTable } from '../ports/gateway.ts';
import { type Answer, answerOnSocket, refusal } from './answer.ts';
import { requestHeaders } from './request-headers.ts';
import { responseHeaders } from './response-headers.ts';
import { routeRequest } from './route-request.ts';
import { maxHeaderBytes, upstreamAddress } from './upstreams.ts';

export interface UpgradeAbout {
  readonly hosts: HostTable;
  readonly log: Log;
  readonly scheme: 'http' | 'https';
  /** Whether a path is the gateway's own. */
  readonly isOwn: (path: string) => boolean;
}

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Passes WebSockets (and other upgrades) through: the handshake is checked like any request, then bytes go both ways untouched. */
export function createUpgrade(about: UpgradeAbout): Upgrade {
  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const found = routeRequest(request.url ?? '', request.rawHeaders, about.hosts);
    if (found.is === 'refused') return answerOnSocket(socket, refusal(found.status, found.message));
    if (about.isOwn(request.url ?? '')) return answerOnSocket(socket, refusal(404, 'There is no such page.'));
    if (hasBody(request)) return answerOnSocket(socket, refusal(400, 'An upgrade cannot have a body.'));
    const visitor = { address: request.socket.remoteAddress ?? '', authority: found.authority, scheme: about.scheme };
    const { headers } = requestHeaders(request.rawHeaders, visitor);
    headers.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '');

    const open = (entry: HostEntry | undefined, isLast: boolean): void => {
      if (entry?.port === undefined) {
        answerOnSocket(socket, notReady);
        return;
      }
      const upstream = httpRequest({
        host: entry.address ?? upstreamAddress,
        port: entry.port,
        method: 'GET',
        path: request.url,
        headers,
        agent: false,
        maxHeaderSize: maxHeaderBytes,
      });
      let answered = false;
      const leave = (): void => void upstream.destroy();
      socket.once('close', leave);
      upstream.on('upgrade', (response, partner, first) => {
        socket.off('close', leave);
        const kept = responseHeaders(response.rawHeaders, found.host, entry.revision);
        kept.push('Connection', 'Upgrade', 'Upgrade', response.headers.upgrade ?? '');
        socket.write(headOf(101, kept), 'latin1');
        splice(socket, head, partner, first);
      });
      upstream.on('response', (response) => {
        const kept = responseHeaders(response.rawHeaders, found.host, entry.revision);
        answered = true;
        socket.write(headOf(response.statusCode ?? 502, [...kept, 'Connection', 'close']), 'latin1');
        response.on('error', () => socket.destroy());
        // The end of the connection is the end of the body, also where it had been sent in chunks.
        response.pipe(socket);
      });
      upstream.on('error', (error: NodeJS.ErrnoException) => {
        socket.off('close', leave);
        if (answered || socket.destroyed) {
          socket.destroy();
          return;
        }
        about.log.info('gateway.upgrade-failed', { environment: entry.environment, code: error.code });
        if (!isLast) open(about.hosts.find(found.host), true);
        else answerOnSocket(socket, notReady);
      });
      upstream.end();
    };
    open(found.entry, false);
  };
}

const notReady: Answer = {
  ...refusal(503, 'The application is not ready yet.'),
  headers: { 'Retry-After': '2' },
};

/** An upgrade with a body could hide a second request from us. */
const hasBody = (request: IncomingMessage): boolean =>
  request.method !== 'GET' ||
  request.headers['content-length'] !== undefined ||
  request.headers['transfer-encoding'] !== undefined;

function headOf(status: number, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}\r\n`;
}

function splice(visitor: Duplex, sentEarly: Buffer, application: Socket, answeredEarly: Buffer): void {
  for (const side of [visitor, application] as Socket[]) {
    side.setTimeout?.(0);
    side.setNoDelay?.(true);
  }
  if (answeredEarly.length > 0) visitor.write(answeredEarly);
  if (sentEarly.length > 0) application.write(sentEarly);
  visitor.pipe(application).pipe(visitor);
  application.on('error', () => visitor.destroy());
  // When one side is gone the other has nobody left; what was written to it still goes out.
  visitor.on('close', () => application.destroySoon());
  application.on('close', () => (visitor as Socket).destroySoon());
}
