import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { PullRequest, RepositoryId, RepositoryRef } from '../../src/domain/pull-request.ts';
import { type MemoryBoard, memoryBoard } from '../../src/drivers/memory/memory-announcer.ts';
import { type MemoryCodeHost, memoryCodeHost } from '../../src/drivers/memory/memory-code-host.ts';
import { type MemoryWorld, memoryWorld } from '../../src/drivers/memory/memory-world.ts';
import type { Store } from '../../src/ports/store.ts';
import { openMemoryStore } from '../../src/store/open-store.ts';
import { aPullRequest } from '../builders.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';
import { type SeededRandom, seededRandom } from '../seeded-random.ts';
import { newCommit } from './commits.ts';
import { type Others, plantOthers } from './others.ts';
import type { Scenario } from './scenario.ts';
import { newTrace, type Trace } from './trace.ts';

/** All that outlives the server: time, things, pull requests, messages, and the disk. */
export interface Outside {
  readonly scenario: Scenario;
  readonly clock: ManualClock;
  readonly world: MemoryWorld;
  readonly host: MemoryCodeHost;
  readonly board: MemoryBoard;
  readonly trace: Trace;
  readonly people: SeededRandom;
  readonly luck: SeededRandom;
  /** The disk. Replaced when the database is lost. */
  store: Store;
  /** Commits that were a head, and those that a member approved: by environment. */
  readonly heads: Map<EnvironmentId, Set<string>>;
  readonly approved: Map<EnvironmentId, Set<string>>;
  /** Those that somebody pinned at some time. */
  readonly pinned: Set<EnvironmentId>;
  /** When somebody last asked for what ends with a reopening, and when one that the server knew to be closed was reopened. */
  readonly bound: Map<EnvironmentId, number>;
  readonly freed: Map<EnvironmentId, number>;
  /** The head as the server read it last: by environment. */
  readonly read: Map<EnvironmentId, string | undefined>;
  /** The commit that was said to be live last, while that is what was said. */
  readonly saidLive: Map<EnvironmentId, string | undefined>;
  readonly others: Others;
  /** Violations that were seen as they happened, until they are told. */
  readonly said: string[];
  /** Monotonic time until which something of before a lost database may still land. */
  databaseLostAt: number | undefined;
}

export const shop: RepositoryRef = { id: '1001' as RepositoryId, name: 'acme/shop' };

export const idOf = (number: number): EnvironmentId => `shop-${number}` as EnvironmentId;

export async function newOutside(scenario: Scenario, keepTrace: boolean): Promise<Outside> {
  const clock = manualClock();
  const world = memoryWorld(clock);
  const seeds = seededRandom(scenario.seed);
  const people = seeds.fork('people');
  const host = memoryCodeHost(world, { repositories: [shop], listLagMs: scenario.listLagMs });
  const board = memoryBoard();
  const outside: Outside = {
    scenario,
    clock,
    world,
    host,
    board,
    trace: newTrace(keepTrace),
    people,
    luck: seeds.fork('luck'),
    store: await openMemoryStore(),
    heads: new Map(),
    approved: new Map(),
    pinned: new Set(),
    bound: new Map(),
    freed: new Map(),
    read: new Map(),
    said: [],
    saidLive: new Map(),
    others: plantOthers({ world, board }, scenario.cloudy),
    databaseLostAt: undefined,
  };
  for (let number = 1; number <= scenario.pulls; number += 1) openPull(outside, number);
  return outside;
}

function openPull(outside: Outside, number: number): void {
  const fork = outside.people.chance(0.25);
  const pull = aPullRequest({
    repository: shop,
    number,
    headSha: newCommit(outside.people),
    headRepositoryId: fork ? ('2002' as RepositoryId) : shop.id,
    draft: outside.people.chance(0.1),
  });
  outside.host.open(pull);
  noteHead(outside, pull);
}

export function noteHead({ heads }: Outside, { number, headSha }: Pick<PullRequest, 'number' | 'headSha'>): void {
  heads.set(idOf(number), (heads.get(idOf(number)) ?? new Set()).add(headSha));
}
