import type { EnvironmentId } from './domain/claim.ts';
import { pullRequestWatch } from './intake/pull-request-watch.ts';
import type { Announcer } from './ports/announcer.ts';
import type { Requests, Views } from './ports/requests.ts';
import { announceLoop } from './reconcile/announce-loop.ts';
import { environmentLoop } from './reconcile/environment-loop.ts';
import type { Heart } from './reconcile/heart.ts';
import { requests } from './reconcile/requests.ts';
import { type Round, rounds } from './reconcile/rounds.ts';
import { sweep } from './reconcile/sweep.ts';
import { views } from './reconcile/views.ts';

export interface HeartOptions {
  readonly announcers: readonly Announcer[];
  readonly watchEveryMs: number;
  readonly sweepEveryMs: number;
  readonly keepTimeline: number;
  readonly keepDeliveries: number;
  readonly keepClosedMs: number;
  /** What drivers keep for everybody and nobody needs any more goes here, now and then. */
  readonly alsoTidy?: () => Promise<unknown>;
}

/** Everything that makes the world match the pull requests, running. The server and the simulation both start it here. */
export interface RunningHeart {
  readonly requests: Requests;
  readonly views: Views;
  look(id: EnvironmentId): void;
  lookAt(id: EnvironmentId, role: string): void;
  /** Resolves when everything was listed once. */
  readonly listed: Promise<void>;
  /** Nothing is due or under way now. */
  idle(): boolean;
  stop(): Promise<void>;
}

const tidyEveryMs = 10 * 60_000;
/** Resources of former commits; the receipt lists those that went within this time. */
const keepGoneMs = 7 * 24 * 60 * 60_000;

export function startHeart(heart: Heart, options: HeartOptions): RunningHeart {
  const loop = environmentLoop(heart);
  const seen = views(heart, loop);
  const announcing = announceLoop(heart, seen, options.announcers);
  let started = false;
  /** Later what nobody claimed (a listing may have found its pull request) and marks that nobody followed up: seldom any. */
  const lookAtWaiting = async (): Promise<void> => {
    for (const id of await heart.store.environments.listWaiting()) loop.look(id);
  };
  const lookAtAll = async (): Promise<void> => {
    const standing = new Set((await heart.store.resources.live()).map(({ environment }) => environment));
    for (const { id, phase, pull, requested, observed } of await heart.store.environments.list()) {
      const over = phase === 'closed' && pull?.state !== 'open' && !standing.has(id);
      if (requested !== observed || !over) loop.look(id);
      announcing.look(id);
    }
    started = true;
  };
  const watch = pullRequestWatch(heart, loop.look);
  const all: Round[] = [
    { name: 'sweep', everyMs: options.sweepEveryMs, run: (signal) => sweep(heart, signal, loop.look) },
    {
      name: 'watch',
      everyMs: options.watchEveryMs,
      run: (signal) => watch(signal).then(() => (started ? lookAtWaiting() : lookAtAll())),
    },
    { name: 'tidy', everyMs: tidyEveryMs, run: () => tidy(heart, options) },
  ];
  const going = rounds(heart, all);
  return {
    requests: requests(heart, loop.look),
    views: seen,
    look: loop.look,
    lookAt: loop.lookAt,
    listed: going.first,
    idle: () => loop.idle() && announcing.idle(),
    stop: async () => {
      await going.stop();
      await loop.stop();
      await announcing.stop();
    },
  };
}

/** Keeps what is stored bounded. */
async function tidy(heart: Heart, options: HeartOptions): Promise<void> {
  await heart.store.deliveries.prune(options.keepDeliveries);
  await heart.store.timeline.prune(options.keepTimeline);
  const now = heart.clock.now();
  await heart.store.environments.prune(now - options.keepClosedMs);
  await heart.store.resources.prune(now - keepGoneMs);
  await options.alsoTidy?.();
}
