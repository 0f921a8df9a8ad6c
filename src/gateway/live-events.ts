import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostEntry, HostTable } from '../ports/gateway.ts';
import type { Views } from '../ports/requests.ts';
import { answer, refusal } from './answer.ts';
import { isServing } from './is-serving.ts';
import { liveState } from './live-page.ts';
import { logFollower } from './log-follower.ts';
import { noIndex } from './response-headers.ts';

export interface LiveEventsAbout {
  readonly hosts: HostTable;
  readonly views: Views;
  readonly log: Log;
  readonly clock: Clock;
}

/** Looking is cheap, but a build that changes a hundred times a second is not worth a hundred looks. */
const restMs = 100;
const lookEveryMs = 1_000;
/** More viewers than this are told to come back: each costs a look a second. */
const mostStreams = 256;

/** Serves `/.wizard/events`: `state` after each change, `log` as the working step writes. Ends with the visitor. */
export function createLiveEvents(
  about: LiveEventsAbout,
): (request: IncomingMessage, response: ServerResponse, host: string, entry: HostEntry) => Promise<void> {
  let streams = 0;
  return async (_request, response, host, entry) => {
    if (streams >= mostStreams) {
      return answer(response, { ...refusal(503, 'Too many are looking.'), headers: { 'Retry-After': '10' } });
    }
    streams++;
    const left = new AbortController();
    response.once('close', () => left.abort());
    const bell = createBell(about.clock);
    const unwatch = about.views.watch(entry.environment, bell.ring);
    left.signal.addEventListener('abort', bell.ring);
    try {
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        [noIndex[0]]: noIndex[1],
      });
      await follow(about, { response, host, entry, signal: left.signal, pause: bell.pause });
    } catch (error) {
      // The browser asks again by itself.
      if (!left.signal.aborted) about.log.warn('gateway.live-events', { message: describeError(error) });
    } finally {
      unwatch();
      streams--;
      response.end();
    }
  };
}

interface Stream {
  readonly response: ServerResponse;
  readonly host: string;
  readonly entry: HostEntry;
  readonly signal: AbortSignal;
  readonly pause: () => Promise<void>;
}

async function follow(about: LiveEventsAbout, stream: Stream): Promise<void> {
  const { host, signal } = stream;
  const nextLog = logFollower(about.views, stream.entry.environment);
  let said = '';
  while (!signal.aborted) {
    const entry = about.hosts.find(host);
    const view = await about.views.find(entry?.environment ?? stream.entry.environment);
    const serving = await isServing(entry);
    const state = JSON.stringify({ serving, ...liveState({ view, isServing: serving, now: about.clock.now() }) });
    // The working step's age is counted on by the page itself, so it alone is no news.
    const compared = state.replaceAll(/data-elapsed=\\"\d+\\">[^<]*/g, '');
    if (compared !== said) await send(stream, 'state', state);
    said = compared;
    const piece = view && (await nextLog(view, signal));
    if (piece) await send(stream, 'log', JSON.stringify(piece));
    await stream.pause();
  }
}

async function send({ response, signal }: Stream, event: string, data: string): Promise<void> {
  if (signal.aborted || response.write(`event: ${event}\ndata: ${data}\n\n`)) return;
  // A visitor who does not read holds us here, at no cost, until he does or leaves.
  await once(response, 'drain', { signal });
}

/** Pauses end when rung, after the rest, or by themselves after the longest time between two looks. */
function createBell(clock: Clock): { ring: () => void; pause: () => Promise<void> } {
  let isRung = false;
  let wake: (() => void) | undefined;
  const sleep = (ms: number, endsEarly: boolean): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      if (!endsEarly) return;
      wake = () => {
        cancel();
        resolve();
      };
      if (isRung) wake();
    });
  return {
    ring: () => {
      isRung = true;
      wake?.();
    },
    async pause() {
      await sleep(restMs, false);
      await sleep(lookEveryMs, true);
      isRung = false;
      wake = undefined;
    },
  };
}
