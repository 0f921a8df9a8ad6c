import type { EnvironmentId } from '../domain/claim.ts';
import type { Json } from '../domain/json.ts';
import { canonical } from '../domain/json.ts';
import type { News } from '../domain/news.ts';
import { stableHash } from '../domain/stable-hash.ts';
import { afterMsOf, describeError, remedyOf } from '../domain/wizard-error.ts';
import type { Announcer } from '../ports/announcer.ts';
import type { Views } from '../ports/requests.ts';
import { backOffMs } from './back-off.ts';
import { type Heart, withLimit } from './heart.ts';
import { type SteadyTimes, steadyTimes } from './steady-times.ts';
import { workQueue } from './work-queue.ts';

/** Tells people the latest state. It never holds an environment up: it reads what is stored, and keeps its own back-off. */
export interface AnnounceLoop {
  look(id: EnvironmentId): void;
  idle(): boolean;
  stop(): Promise<void>;
}

const atOnce = 4;
const callLimitMs = 60_000;
const setupRestMs = 10 * 60_000;

export function announceLoop(heart: Heart, views: Pick<Views, 'find'>, announcers: readonly Announcer[]): AnnounceLoop {
  const ending = new AbortController();
  const times = steadyTimes(heart.clock);
  // A queue for each: one that does not answer keeps no other waiting.
  const queues = announcers.map((announcer) =>
    workQueue<EnvironmentId>({
      clock: heart.clock,
      atOnce,
      failed: (_, error, times) => afterMsOf(error) ?? backOffMs(times, heart.random()),
      work: async (id) => {
        const news = (await views.find(id))?.news;
        if (!news || news.number === 0 || news.pullUrl === '') return {};
        const waitMs = await announce({ heart, times, announcer, news, signal: ending.signal });
        return Number.isFinite(waitMs) ? { againMs: waitMs } : {};
      },
    }),
  );
  const look = (id: EnvironmentId): void => {
    for (const queue of queues) queue.add(id);
  };
  const unwatch = heart.changes.watch(undefined, look);
  return {
    look,
    idle: () => queues.every((queue) => queue.idle()),
    stop: async () => {
      unwatch();
      ending.abort(new Error('the server is stopping'));
      await Promise.all(queues.map((queue) => queue.stop()));
    },
  };
}

const nameOf = ({ kind, name }: Announcer): string => name ?? kind;

interface Announcing {
  readonly heart: Heart;
  readonly times: SteadyTimes;
  readonly announcer: Announcer;
  readonly news: News;
  readonly signal: AbortSignal;
}

/** Answers after how long to try again; infinite when there is nothing to do. */
async function announce({ heart, times, announcer, news, signal }: Announcing): Promise<number> {
  const last = await heart.store.announcements.find(news.environment, nameOf(announcer));
  // Undefined members do not survive JSON; what is hashed is what could be sent.
  const said = stableHash(canonical(JSON.parse(JSON.stringify(news)) as Json), 16);
  if (last?.said === said) return Number.POSITIVE_INFINITY;
  const now = heart.clock.now();
  const restMs =
    last && last.notBefore > 0 ? times.read(news.environment, nameOf(announcer), last.notBefore, setupRestMs) - now : 0;
  if (restMs > 0) return restMs;
  const base = { environment: news.environment, announcer: nameOf(announcer) };
  const failures = (last?.failures ?? 0) + 1;
  const tryAgainMs = backOffMs(failures, heart.random());
  // Until it is answered nobody knows what is said there: another state that equals an earlier one must be said again. And whatever
  // becomes of us, what we said may still arrive for a moment, and must not come after what we say next.
  const unsure = { ...base, said: undefined, handle: last?.handle, failures };
  await heart.store.announcements.save({ ...unsure, notBefore: now + tryAgainMs });
  try {
    const handle = await withLimit(heart, callLimitMs, signal, (call) => announcer.announce(news, last?.handle, call));
    await heart.store.announcements.save({ ...base, said, handle, failures: 0, notBefore: 0 });
    return Number.POSITIVE_INFINITY;
  } catch (error) {
    if (signal.aborted) return Number.POSITIVE_INFINITY;
    heart.log.warn('announce.failed', { ...base, error: describeError(error), failures });
    const waitMs = afterMsOf(error) ?? (remedyOf(error) === 'try-again' ? tryAgainMs : setupRestMs);
    await heart.store.announcements.save({ ...unsure, notBefore: now + waitMs });
    return waitMs;
  }
}
