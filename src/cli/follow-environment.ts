import { setTimeout as pause } from 'node:timers/promises';
import { type Detail, detail, type TimelineReply, timelineEntry } from '../api/contract.ts';
import { codeOf } from '../domain/wizard-error.ts';
import { environmentPath } from './api-command.ts';
import { type Client, interrupted } from './client.ts';

export type Followed =
  | { readonly is: 'environment'; readonly environment: Detail }
  | { readonly is: 'timeline'; readonly entry: TimelineReply }
  | { readonly is: 'removed' };

const firstWaitMs = 250;
const longestWaitMs = 5_000;
/** A server that restarts is back within this time; one that is not is gone. */
const patienceMs = 60_000;

/** An environment and what happens to it, over as many connections as that takes: a restart of the server does not end it. */
export async function* followEnvironment(
  client: Client,
  id: string,
  { signal, after }: { readonly signal: AbortSignal; readonly after: number },
): AsyncGenerator<Followed> {
  let last = String(after);
  let waitMs = firstWaitMs;
  let goodAt = performance.now();
  for (;;) {
    try {
      for await (const { event, data, id: eventId } of await client.events(
        environmentPath(id, '/events'),
        last,
        signal,
      )) {
        goodAt = performance.now();
        waitMs = firstWaitMs;
        if (event === 'removed') return yield { is: 'removed' };
        if (event === 'environment') yield { is: 'environment', environment: detail.parse(data) };
        if (event === 'timeline') yield { is: 'timeline', entry: timelineEntry.parse(data) };
        last = eventId ?? last;
      }
    } catch (error) {
      if (signal.aborted) throw interrupted();
      const lost = codeOf(error) === 'cli/cannot-reach' || isBrokenOff(error);
      if (!lost || performance.now() - goodAt > patienceMs) throw error;
    }
    await pause(waitMs, undefined, { signal }).catch(() => {
      throw interrupted();
    });
    waitMs = Math.min(longestWaitMs, waitMs * 2);
  }
}

/** fetch says `TypeError: terminated` when a connection ends in the middle of a body. */
const isBrokenOff = (error: unknown): boolean => error instanceof TypeError && error.cause !== undefined;
