import type { EnvironmentId } from '../domain/claim.ts';
import type { Clock } from '../ports/clock.ts';
import type { Views } from '../ports/requests.ts';
import { createBell } from './bell.ts';
import type { StreamEvent } from './event-stream.ts';
import { summaryOf } from './replies.ts';

const pingEveryMs = 15_000;

/** `environment` for each there is, then `ready`; from then on `environment` for each that changes and `removed` for each forgotten. */
export async function* watchAll(views: Views, clock: Clock, ends: AbortSignal): AsyncGenerator<StreamEvent> {
  const bell = createBell(clock);
  const changed = new Set<EnvironmentId>();
  const told = new Map<EnvironmentId, string>();
  // Watching begins before the list is read: what changes meanwhile is read again.
  const stopWatching = views.watch(undefined, (id) => {
    changed.add(id);
    bell.ring();
  });
  ends.addEventListener('abort', bell.ring, { once: true });
  try {
    for (const view of await views.list()) {
      const summary = summaryOf(view);
      told.set(view.environment.id, steady(summary));
      yield { event: 'environment', data: summary };
    }
    yield { event: 'ready', data: {} };
    while (!ends.aborted) {
      if (changed.size === 0 && !(await bell.wait(pingEveryMs))) yield { event: 'still here' };
      for (const id of [...changed]) {
        changed.delete(id);
        const view = await views.find(id);
        const summary = view && summaryOf(view);
        const now = summary && steady(summary);
        if (now === told.get(id)) continue;
        if (now === undefined) told.delete(id);
        else told.set(id, now);
        yield summary ? { event: 'environment', data: summary } : { event: 'removed', data: { id } };
      }
    }
  } finally {
    stopWatching();
    ends.removeEventListener('abort', bell.ring);
  }
}

/** Without the estimate, which shrinks all the time. */
const steady = (summary: ReturnType<typeof summaryOf>): string =>
  JSON.stringify({ ...summary, remainingMs: undefined });
