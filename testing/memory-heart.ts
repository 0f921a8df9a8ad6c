import type { Claim, EnvironmentId } from '../src/domain/claim.ts';
import { plainRole } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import type { Breakage } from '../src/domain/observation.ts';
import type { Policy } from '../src/domain/policy.ts';
import type { Recipe } from '../src/domain/recipe.ts';
import { type MemoryCodeHost, memoryCodeHost } from '../src/drivers/memory/memory-code-host.ts';
import { memoryDriver } from '../src/drivers/memory/memory-driver.ts';
import { type MemoryWorld, memoryWorld } from '../src/drivers/memory/memory-world.ts';
import { localTraits } from '../src/kit/local-look.ts';
import type { Announcer } from '../src/ports/announcer.ts';
import type { CodeHost } from '../src/ports/code-host.ts';
import type { RepositorySetup } from '../src/ports/repositories.ts';
import type { DriverShared, ResourceDriver } from '../src/ports/resource-driver.ts';
import type { Store } from '../src/ports/store.ts';
import { changes } from '../src/reconcile/changes.ts';
import type { Heart } from '../src/reconcile/heart.ts';
import { inventory } from '../src/reconcile/inventory.ts';
import { knownRepositories } from '../src/reconcile/known-repositories.ts';
import { type RunningHeart, startHeart } from '../src/start-heart.ts';
import { openMemoryStore } from '../src/store/open-store.ts';
import { aRecipe, aRepository, aSha } from './builders.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';
import { silentLog } from './silent-log.ts';

/** The real loop on memory drivers and a clock that moves when told. */
export interface MemoryHeart {
  readonly clock: ManualClock;
  readonly world: MemoryWorld;
  readonly host: MemoryCodeHost;
  readonly store: Store;
  readonly running: RunningHeart;
  readonly heart: Heart;
  /** Plain roles of what is out there now, sorted. */
  roles(): string[];
  phase(id?: string): Promise<string | undefined>;
  /** Moves time until the environment is in this phase; throws with what it is in after ten minutes. */
  reach(phase: string, id?: string): Promise<void>;
  /** A webhook's effect without its bytes: marks and looks. */
  poke(number?: number): Promise<void>;
  close(): Promise<void>;
}

export interface MemoryHeartOptions {
  readonly recipe?: Recipe;
  readonly policy?: Policy;
  readonly announcers?: readonly Announcer[];
  readonly outcome?: (claim: Claim, spec: JsonObject) => Breakage | undefined;
  readonly decorate?: (driver: ResourceDriver) => ResourceDriver;
  /** Default: `v1`, which may hold something personal. */
  readonly data?: RepositorySetup['data'];
}

/** The kinds of the processes plan, on memory. */
export function memoryDrivers(
  world: MemoryWorld,
  changed: DriverShared['changed'] | undefined,
  outcome?: MemoryHeartOptions['outcome'],
): ResourceDriver[] {
  const made = (
    kind: string,
    arrivesAfterMs: number,
    facts: (claim: Claim, spec: JsonObject) => JsonObject,
    updates = false,
  ): ResourceDriver =>
    memoryDriver({
      world,
      kind,
      traits: localTraits('cheap'),
      arrivesAfterMs,
      leavesAfterMs: 50,
      facts,
      updates,
      ...(outcome ? { outcome } : {}),
      ...(changed ? { changed } : {}),
    });
  const roles: string[] = [];
  const port = ({ role, generation }: Claim): number => {
    if (!roles.includes(role)) roles.push(role);
    return 20_000 + generation + 100 * roles.indexOf(role);
  };
  return [
    made('checkout', 200, (claim, spec) => ({
      path: `/checkouts/${claim.role}.${claim.generation}`,
      sha: spec['sha'] ?? '',
    })),
    made('data-files', 300, (claim) => ({ path: `/data/${claim.role}.${claim.generation}` })),
    made('database', 400, ({ role }) => ({ host: '127.0.0.1', port: 3306, database: 'app', role }), true),
    made('cache', 100, () => ({ host: '127.0.0.1', port: 6379 })),
    made('command', 2000, () => ({})),
    made('process', 500, (claim, spec) => ({ port: port(claim), revision: spec['revision'] ?? '' })),
    made('route', 0, (_, spec) => ({ revision: spec['revision'] ?? '', targets: spec['targets'] ?? {} }), true),
  ];
}

export const openPolicy: Policy = { drafts: 'build', forks: 'approval', labels: [] };

export function memorySetup(
  host: CodeHost,
  recipe: Recipe,
  policy: Policy = openPolicy,
  name = aRepository.name,
): RepositorySetup {
  const slug = name.split('/')[1] ?? name;
  return {
    name,
    host,
    policy,
    environmentIds: (_, number) => [`${slug}-${number}` as EnvironmentId],
    hosts: ({ number }, endpoints) =>
      Object.fromEntries(endpoints.map((endpoint) => [endpoint, `${endpoint}-${slug}-${number}.localhost`])),
    urls: (hosts) => Object.fromEntries(Object.entries(hosts).map(([endpoint, one]) => [endpoint, `http://${one}`])),
    recipe: () => Promise.resolve(recipe),
    data: () => Promise.resolve({ version: 'v1', masked: false }),
    branchHead: () => Promise.resolve({ repository: aRepository, sha: aSha(7) }),
  };
}

export async function memoryHeart(options: MemoryHeartOptions = {}): Promise<MemoryHeart> {
  const clock = manualClock();
  const world = memoryWorld(clock);
  const host = memoryCodeHost(world, { repositories: [aRepository] });
  const store = await openMemoryStore();
  let running: RunningHeart | undefined;
  const changed: DriverShared['changed'] = ({ environment, role }) => running?.lookAt(environment, role);
  const drivers = memoryDrivers(world, changed, options.outcome).map((driver) => options.decorate?.(driver) ?? driver);
  const plain = memorySetup(host, options.recipe ?? aRecipe(), options.policy);
  const setup = { ...plain, data: options.data ?? plain.data };
  const heart: Heart = {
    store,
    clock,
    log: silentLog(),
    random: () => 0.5,
    drivers: new Map(drivers.map((driver) => [driver.kind, driver])),
    repositories: knownRepositories([setup]),
    changes: changes(),
    inventory: inventory(),
  };
  const began = startHeart(heart, {
    announcers: options.announcers ?? [],
    watchEveryMs: 60_000,
    sweepEveryMs: 60_000,
    keepTimeline: 500,
    keepDeliveries: 100,
    keepClosedMs: 30 * 24 * 60 * 60_000,
  });
  running = began;
  await clock.drain();
  await began.listed;
  const phase = async (id = 'shop-7'): Promise<string | undefined> =>
    (await store.environments.find(id as EnvironmentId))?.phase;
  return {
    clock,
    world,
    host,
    store,
    heart,
    running: began,
    phase,
    roles: () =>
      world
        .things()
        .filter(({ goneAt }) => goneAt === undefined)
        .map(({ claim }) => plainRole(claim.role))
        .sort(),
    reach: async (wanted, id) => {
      const reached = await clock.runUntil(async () => (await phase(id)) === wanted, 10 * 60_000);
      if (!reached) throw new Error(`expected ${wanted}, it is ${await phase(id)}`);
    },
    poke: async (number = 7) => {
      const mark = { repository: aRepository, number, ids: [`shop-${number}` as EnvironmentId] };
      began.look(await store.environments.mark(mark, clock.now()));
    },
    close: async () => {
      const stopped = began.stop();
      await clock.advance(1000);
      await stopped;
      await store.close();
    },
  };
}
