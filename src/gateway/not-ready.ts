import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostEntry } from '../ports/gateway.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import { answer } from './answer.ts';
import { broughtLog } from './brought-log.ts';
import { livePage, livePagePolicy } from './live-page.ts';
import { statusOf } from './status.ts';

export interface OwnAbout {
  readonly views: Views;
  readonly log: Log;
  readonly clock: Clock;
}

export interface PageAbout {
  readonly status: number;
  readonly isServing: boolean;
  readonly givesWay: boolean;
  /** Something was sent with the request, which nobody received. */
  readonly sentInVain?: boolean;
}

/** What is known of the environment; a reader that fails is logged and counts as nothing known, for the page must come anyway. */
export async function viewOf({ views, log }: OwnAbout, entry: HostEntry): Promise<EnvironmentView | undefined> {
  try {
    return await views.find(entry.environment);
  } catch (error) {
    log.error('gateway.view', { environment: entry.environment, message: describeError(error) });
    return undefined;
  }
}

/** In place of an application that is not there: the live page for people, 503 with the facts for programs. */
export async function answerNotReady(
  about: OwnAbout,
  request: IncomingMessage,
  response: ServerResponse,
  entry: HostEntry,
): Promise<void> {
  const view = await viewOf(about, entry);
  const status = view?.news.phase === 'closed' ? 410 : 503;
  if (wantsPage(request)) {
    const sentInVain = request.method !== 'GET' && request.method !== 'HEAD';
    return answerPage(about, response, view, { status, isServing: false, givesWay: status === 503, sentInVain });
  }
  const body = `${JSON.stringify(statusOf(entry, view, false))}\n`;
  answer(response, { status, type: 'application/json', body, headers: { 'Retry-After': '2' } });
}

export async function answerPage(
  about: OwnAbout,
  response: ServerResponse,
  view: EnvironmentView | undefined,
  { status, isServing, givesWay, sentInVain = false }: PageAbout,
): Promise<void> {
  const log = view ? await broughtLog(about, view) : [];
  const nonce = randomBytes(16).toString('base64');
  const body = livePage({
    view,
    log,
    isServing,
    givesWay,
    sentInVain,
    search: /\?.*/.exec(response.req.url ?? '')?.[0] ?? '',
    now: about.clock.now(),
    nonce,
  });
  answer(response, {
    status,
    type: 'text/html',
    body,
    headers: {
      'Content-Security-Policy': livePagePolicy(nonce),
      'Referrer-Policy': 'no-referrer',
      ...(status === 503 ? { 'Retry-After': '2' } : {}),
    },
  });
}

/** A person opening a page or sending a form, not a picture or a call that the application's own page makes. */
export function wantsPage(request: IncomingMessage): boolean {
  const purpose = request.headers['sec-fetch-dest'];
  if (purpose !== undefined && purpose !== 'document' && purpose !== 'iframe') return false;
  return /\btext\/html\b/i.test(request.headers.accept ?? '');
}
