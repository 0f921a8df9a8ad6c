/** The real loop over the embedded store on memory drivers. Arguments: how many environments, how many repositories, folder. */
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { RepositoryId, RepositoryRef } from '../../src/domain/pull-request.ts';
import { type MemoryCodeHost, memoryCodeHost } from '../../src/drivers/memory/memory-code-host.ts';
import { memoryWorld } from '../../src/drivers/memory/memory-world.ts';
import { pullRequestWatch } from '../../src/intake/pull-request-watch.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { changes } from '../../src/reconcile/changes.ts';
import type { Heart } from '../../src/reconcile/heart.ts';
import { inventory } from '../../src/reconcile/inventory.ts';
import { knownRepositories } from '../../src/reconcile/known-repositories.ts';
import { type RunningHeart, startHeart } from '../../src/start-heart.ts';
import { openEmbeddedStore } from '../../src/store/open-store.ts';
import { aPullRequest, aRecipe } from '../../testing/builders.ts';
import { memoryDrivers, memorySetup } from '../../testing/memory-heart.ts';
import { quiet } from '../quiet.ts';

export type Question = 'live' | 'usage' | 'held' | 'resync';
export interface Usage {
  readonly rssBytes: number;
  readonly cpuMicros: number;
  readonly atMs: number;
}
export interface Resync {
  readonly ms: number;
  readonly calls: number;
  readonly marked: number;
}

const [environments = 0, repositoryCount = 1] = process.argv.slice(2, 4).map(Number);
const store = await openEmbeddedStore(join(process.argv[4] ?? '', 'wizard.sqlite'));
const world = memoryWorld(systemClock);
const repositories = Array.from(
  { length: repositoryCount },
  (_, index): RepositoryRef => ({ id: String(1000 + index) as RepositoryId, name: `acme/shop-${index}` }),
);
const memory = memoryCodeHost(world, { repositories });
for (let index = 0; index < environments; index++) {
  const repository = repositories[index % repositories.length];
  if (repository) memory.open(aPullRequest({ repository, number: 1 + Math.floor(index / repositories.length) }));
}
let calls = 0;
let running: RunningHeart | undefined;
const drivers = memoryDrivers(world, ({ environment, role }) => running?.lookAt(environment, role));
const heart: Heart = {
  store,
  clock: systemClock,
  log: quiet,
  random: Math.random,
  drivers: new Map(drivers.map((driver) => [driver.kind, driver])),
  repositories: knownRepositories(
    repositories.map(({ name }) => memorySetup(counted(memory), aRecipe(), undefined, name)),
  ),
  changes: changes(),
  inventory: inventory(),
};
// The times and limits that a server has that was told none.
running = startHeart(heart, {
  announcers: [],
  watchEveryMs: 60_000,
  sweepEveryMs: 10 * 60_000,
  keepTimeline: 2000,
  keepDeliveries: 10_000,
  keepClosedMs: 30 * 24 * 60 * 60_000,
});
await running.listed;

process.on('message', (question: Question) => void answer(question).then((said) => process.send?.(said)));
process.on('disconnect', () => process.exit());
process.send?.('started');

async function answer(question: Question): Promise<number | Usage | Resync> {
  if (question === 'held') return heldBytes();
  if (question === 'live') return (await store.environments.list()).filter(({ phase }) => phase === 'live').length;
  if (question === 'resync') return resync();
  const { user, system } = process.cpuUsage();
  return { rssBytes: process.memoryUsage.rss(), cpuMicros: user + system, atMs: performance.now() };
}

/** What is in use once the garbage is gone: the rest of the memory is what the engine keeps for later. */
async function heldBytes(): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
  return process.memoryUsage().heapUsed;
}

/** One listing of everything, after which nothing is found to differ. */
async function resync(): Promise<Resync> {
  calls = 0;
  let marked = 0;
  const began = performance.now();
  const watch = pullRequestWatch(heart, (_: EnvironmentId) => {
    marked += 1;
  });
  await watch(new AbortController().signal);
  return { ms: performance.now() - began, calls, marked };
}

/** Every method that would be a request to the code host's API. */
function counted(host: MemoryCodeHost): MemoryCodeHost {
  const count =
    <Args extends unknown[], Answer>(ask: (...args: Args) => Answer) =>
    (...args: Args): Answer => {
      calls += 1;
      return ask(...args);
    };
  return {
    ...host,
    repository: count(host.repository),
    openPullRequests: count(host.openPullRequests),
    findPullRequest: count(host.findPullRequest),
    readFile: count(host.readFile),
  };
}
