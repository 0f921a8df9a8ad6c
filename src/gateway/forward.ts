import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors as undiciErrors } from 'undici';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostEntry, HostTable } from '../ports/gateway.ts';
import { type AttemptFailure, ForwardAttempt } from './forward-attempt.ts';
import { type RequestBody, requestBody } from './request-body.ts';
import { requestHeaders } from './request-headers.ts';
import type { Destination } from './route-request.ts';
import type { Upstream, Upstreams } from './upstreams.ts';

export interface ForwardAbout {
  readonly hosts: HostTable;
  readonly upstreams: Upstreams;
  readonly log: Log;
  readonly clock: Clock;
  readonly scheme: 'http' | 'https';
  /** Answers when nothing can be reached behind the entry. */
  readonly notReady: (request: IncomingMessage, response: ServerResponse, found: Found) => void;
  /** Answers a request that cannot be forwarded. */
  readonly refuse: (response: ServerResponse, status: 400 | 502, message: string) => void;
}

export type Found = Extract<Destination, { is: 'found' }>;
export type Forward = (request: IncomingMessage, response: ServerResponse, found: Found, to: Upstream) => void;

/** When the port stayed the same after a refusal: long enough for an application that is just opening it. */
const secondTryMs = 50;

/** Sends requests on to the application and streams its answer back; tries again once where that is safe. */
export function createForward(about: ForwardAbout): Forward {
  return (request, response, found, first) => {
    const { headers, hasBody } = requestHeaders(request.rawHeaders, {
      address: request.socket.remoteAddress ?? '',
      authority: found.authority,
      scheme: about.scheme,
    });
    const { url: path = '/', method = 'GET' } = request;
    let attempt: ForwardAttempt | undefined;
    response.on('close', () => {
      if (!response.writableFinished) attempt?.abandon();
    });

    const send = (entry: HostEntry, to: Upstream, isLast: boolean): void => {
      const body = hasBody ? requestBody(request) : undefined;
      attempt = new ForwardAttempt(response, { host: found.host, revision: entry.revision }, (failure) => {
        if (!isLast && mayRepeat(method, body, failure)) again(entry, to);
        else giveUp(failure);
      });
      const dispatch = { path, method: method as 'GET', headers, body: body?.stream ?? null };
      about.upstreams.at(to).dispatch(dispatch, attempt);
    };
    /** The route may have moved since we looked: a push brings a new process, and the old one goes. */
    const again = (entry: HostEntry, to: Upstream): void => {
      const now = about.hosts.find(found.host);
      const there = upstreamOf(now);
      if (!now || !there) about.notReady(request, response, { ...found, entry: now ?? entry });
      else if (there.port !== to.port || there.address !== to.address) send(now, there, true);
      else about.clock.after(secondTryMs, () => resend(now, to));
    };
    const resend = (entry: HostEntry, to: Upstream): void => {
      if (!response.destroyed) send(entry, to, true);
    };
    const giveUp = ({ error, wasSent }: AttemptFailure): void => {
      const { environment } = found.entry;
      const { port } = first;
      if (error instanceof undiciErrors.InvalidArgumentError) {
        about.refuse(response, 400, 'The request cannot be passed on.');
      } else if (!wasSent) {
        about.log.info('gateway.unreachable', { environment, port, code: codeOf(error) });
        about.notReady(request, response, found);
      } else {
        about.log.warn('gateway.broken-answer', { environment, port, code: codeOf(error), message: error.message });
        about.refuse(response, 502, 'The application broke off before it answered.');
      }
    };
    send(found.entry, first, false);
  };
}

/** Where the entry leads; missing: nothing serves it yet. */
export const upstreamOf = (entry: HostEntry | undefined): Upstream | undefined =>
  entry?.port === undefined
    ? undefined
    : { port: entry.port, ...(entry.address === undefined ? {} : { address: entry.address }) };

/** Only what the application cannot have acted on, or may act on twice, and whose body is still whole. */
function mayRepeat(method: string, body: RequestBody | undefined, failure: AttemptFailure): boolean {
  if (body?.wasTouched()) return false;
  if (failure.error instanceof undiciErrors.InvalidArgumentError) return false;
  if (!failure.wasSent) return true;
  const isSafe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return isSafe && body === undefined && connectionLost.has(codeOf(failure.error));
}

/** The connection ended before an answer: an idle one that the application was just closing, or a process that went. */
const connectionLost = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.name);
