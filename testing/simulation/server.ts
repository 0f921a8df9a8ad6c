import { createHmac } from 'node:crypto';
import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { memoryAnnouncer } from '../../src/drivers/memory/memory-announcer.ts';
import { memoryDriver } from '../../src/drivers/memory/memory-driver.ts';
import { refusals } from '../../src/intake/refusals.ts';
import { webhookIntake } from '../../src/intake/webhook-endpoint.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { Announcer } from '../../src/ports/announcer.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import type { RepositorySetup } from '../../src/ports/repositories.ts';
import type { Requests } from '../../src/ports/requests.ts';
import type { DriverTraits, ResourceDriver } from '../../src/ports/resource-driver.ts';
import type { Store } from '../../src/ports/store.ts';
import { changes } from '../../src/reconcile/changes.ts';
import type { Heart } from '../../src/reconcile/heart.ts';
import { inventory } from '../../src/reconcile/inventory.ts';
import { knownRepositories } from '../../src/reconcile/known-repositories.ts';
import { type RunningHeart, startHeart } from '../../src/start-heart.ts';
import { type FaultPlan, withFaults } from '../faults.ts';
import { type Life, mortal, mortalClock } from '../mortal.ts';
import { silentLog } from '../silent-log.ts';
import { staleNews } from './always.ts';
import { recipeOf } from './commits.ts';
import { kindsOf } from './kinds.ts';
import { oldestLookMs } from './luck.ts';
import { idOf, type Outside, shop } from './outside.ts';

/** One run of the real server, from its start to its death, on the outside's memory drivers. */
export interface Server {
  readonly life: Life;
  readonly requests: Requests;
  /** A webhook arrives. Answers the status; never when the server dies first. */
  deliver(guid: string, action: string, pull: PullRequest): Promise<number>;
}

/** A rule taken away, to see that the simulation notices. Each wraps one port of the server. */
export interface Ablation {
  readonly host?: (host: CodeHost, outside: Outside) => CodeHost;
  readonly driver?: (driver: ResourceDriver, outside: Outside) => ResourceDriver;
  readonly store?: (store: Store) => Store;
  readonly announcer?: (announcer: Announcer, outside: Outside) => Announcer;
  /** Told of every webhook that arrives. */
  readonly webhook?: (pull: PullRequest) => void;
}

/** Looks at each news as it is said. */
const listenedTo = (announcer: Announcer, outside: Outside): Announcer => ({
  ...announcer,
  announce: (news, last, call) => {
    outside.said.push(...staleNews(outside, news));
    return announcer.announce(news, last, call);
  },
});

export const watchEveryMs = 60_000;
export const sweepEveryMs = 120_000;
const secret = new Secret('a webhook secret');

export async function startServer(outside: Outside, plan: FaultPlan, life: Life, ablation: Ablation): Promise<Server> {
  const { clock, luck } = outside;
  const same = <Port>(port: Port): Port => port;
  const guarded = <Port extends object>(port: Port, name: string): Port => mortal(withFaults(port, name, plan), life);
  let running: RunningHeart | undefined;
  const drivers = kindsOf(outside.scenario.cloudy).map((options): [string, ResourceDriver] => {
    const changed = ({ environment, role }: { environment: EnvironmentId; role: string }): void => {
      if (!life.dead) running?.lookAt(environment, role);
    };
    const local = outside.scenario.cloudy ? {} : { changed };
    const driver = memoryDriver({ ...options, ...local, world: outside.world });
    const shown = { ...driver, traits: withStaleLooks(driver.traits) };
    return [options.kind, guarded((ablation.driver ?? same)(shown, outside), options.kind)];
  });
  const host = guarded((ablation.host ?? same)(outside.host, outside), 'code-host');
  const heart: Heart = {
    store: guardedStore((ablation.store ?? same)(outside.store), guarded),
    clock: mortalClock(clock, life),
    log: silentLog(),
    random: () => luck.next(),
    drivers: new Map(drivers),
    repositories: knownRepositories([setupOf(outside, host)]),
    changes: changes(),
    inventory: inventory(),
  };
  const announcer = guarded((ablation.announcer ?? same)(memoryAnnouncer(outside.board), outside), 'announcer');
  running = startHeart(heart, {
    announcers: [listenedTo(announcer, outside)],
    watchEveryMs,
    sweepEveryMs,
    keepTimeline: 200,
    keepDeliveries: 1000,
    keepClosedMs: 30 * 86_400_000,
  });
  const intake = webhookIntake({
    secrets: [secret],
    repositories: heart.repositories,
    deliveries: heart.store.deliveries,
    clock: heart.clock,
    log: heart.log,
    refusals: refusals(heart),
    look: running.look,
  });
  return {
    life,
    requests: running.requests,
    deliver: async (guid, action, pull) => {
      if (life.dead) return new Promise(() => undefined);
      ablation.webhook?.(pull);
      const body = Buffer.from(JSON.stringify(payloadOf(action, pull)));
      const signature = `sha256=${createHmac('sha256', secret.reveal()).update(body).digest('hex')}`;
      return (await intake({ event: 'pull_request', guid, signature, body })).status;
    },
  };
}

/** What is shown late may also be looked at through an old answer: together they take this long. */
const withStaleLooks = (traits: DriverTraits): DriverTraits => ({
  ...traits,
  visibleAfterMs: traits.visibleAfterMs === 0 ? 0 : traits.visibleAfterMs + oldestLookMs + 500,
});

const setupOf = (outside: Outside, host: CodeHost): RepositorySetup => ({
  name: shop.name,
  host,
  policy: outside.scenario.policy,
  environmentIds: (_repository, number) => [idOf(number)],
  hosts: ({ number }, endpoints) =>
    Object.fromEntries(endpoints.map((endpoint) => [endpoint, `${endpoint}-shop-${number}.preview.example`])),
  urls: (hosts) => Object.fromEntries(Object.entries(hosts).map(([name, host_]) => [name, `https://${host_}`])),
  recipe: async (_pull, sha) => recipeOf(sha),
  data: async () => ({ version: 'v1', masked: true }),
  branchHead: () => Promise.reject(new Error('no recipe here names another repository')),
});

const guardedStore = (store: Store, guarded: <Port extends object>(port: Port, name: string) => Port): Store => ({
  deliveries: guarded(store.deliveries, 'deliveries'),
  environments: guarded(store.environments, 'environments'),
  resources: guarded(store.resources, 'resources'),
  timeline: guarded(store.timeline, 'timeline'),
  announcements: guarded(store.announcements, 'announcements'),
  close: () => store.close(),
});

const payloadOf = (action: string, pull: PullRequest) => ({
  action,
  number: pull.number,
  repository: { id: pull.repository.id, full_name: pull.repository.name },
  pull_request: { number: pull.number, head: { sha: pull.headSha }, state: pull.state },
});
