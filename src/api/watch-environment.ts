import type { Clock } from '../ports/clock.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import { createBell } from './bell.ts';
import type { StreamEvent } from './event-stream.ts';
import { createLogFollower } from './follow-logs.ts';
import { detailOf, timelineEntryOf } from './replies.ts';

/** A log grows without telling anyone, so it is looked at this often while its step works. */
const logEveryMs = 400;
const pingEveryMs = 15_000;
/** Between two looks, however often something changes: a page need not follow faster than the eye. */
const restMs = 50;
const pageLength = 200;

export interface WatchOptions {
  readonly views: Views;
  readonly clock: Clock;
  readonly ends: AbortSignal;
  /** Timeline entries after this id; 0 for all of them. */
  readonly after: number;
}

/** `environment` when it changed, `timeline` for each entry, `log` for what its working steps write, `removed` at the end of all. */
export async function* watchEnvironment(first: EnvironmentView, options: WatchOptions): AsyncGenerator<StreamEvent> {
  const { views, clock, ends } = options;
  const { id } = first.environment;
  const bell = createBell(clock);
  const stopWatching = views.watch(id, bell.ring);
  ends.addEventListener('abort', bell.ring, { once: true });
  const logs = createLogFollower(views, id, ends);
  let after = options.after;
  let told = '';
  let quietSince = clock.monotonic();
  try {
    while (!ends.aborted) {
      const view = await views.find(id);
      if (!view) return yield { event: 'removed', data: { id } };
      const news: StreamEvent[] = [];
      const detail = detailOf(view);
      // The estimate shrinks all the time; that alone is no news.
      const now = JSON.stringify({ ...detail, remainingMs: undefined });
      if (now !== told) news.push({ event: 'environment', data: detail });
      told = now;
      for await (const event of concat(news, newTimeline(views, id, after), logs.read(view))) {
        if (event.event === 'timeline') after = Number(event.id);
        quietSince = clock.monotonic();
        yield event;
      }
      if (clock.monotonic() - quietSince >= pingEveryMs) {
        quietSince = clock.monotonic();
        yield { event: 'still here' };
      }
      await new Promise<void>((done) => clock.after(restMs, done));
      await bell.wait(logs.following() ? logEveryMs : pingEveryMs);
    }
  } finally {
    stopWatching();
    ends.removeEventListener('abort', bell.ring);
  }
}

async function* newTimeline(
  views: Views,
  id: EnvironmentView['environment']['id'],
  from: number,
): AsyncGenerator<StreamEvent> {
  for (let after = from; ; ) {
    const entries = await views.timeline(id, after, pageLength);
    for (const entry of entries) yield { event: 'timeline', id: String(entry.id), data: timelineEntryOf(entry) };
    const last = entries.at(-1);
    if (last === undefined || entries.length < pageLength) return;
    after = last.id;
  }
}

async function* concat(
  ...sources: readonly (Iterable<StreamEvent> | AsyncIterable<StreamEvent>)[]
): AsyncGenerator<StreamEvent> {
  for (const source of sources) yield* source;
}
