import type { Fault } from '../faults.ts';
import { commitKind, newCommit, recipeOf, rolesOf } from './commits.ts';
import { expectedOf } from './expected.ts';
import { happen, type Stage } from './happen.ts';
import { newOutside, type Outside } from './outside.ts';
import { type Result, type RunOptions, runSeed } from './run-seed.ts';
import type { Happening, Scenario } from './scenario.ts';

/** Long enough to see it closed, too short to have taken all of it away. */
const reopensAfterMs = 120;

const faults = ['kill-before', 'kill-after', 'before', 'after'] as const;
/** What people can do while it is built, and while it is taken away. */
const meanwhile = {
  build: ['push', 'close', 'close-and-reopen'],
  push: ['push', 'close', 'close-and-reopen'],
  teardown: ['reopen'],
} as const;
/** What is done at one boundary between the server and a port. */
export type Disturbance = (typeof faults)[number] | (typeof meanwhile)[Stretch][number];

/** A plan's build, the next commit beside what serves, or the teardown. */
export const stretches = ['build', 'push', 'teardown'] as const;
export type Stretch = (typeof stretches)[number];

export interface BoundaryReport {
  /** Port calls in the undisturbed stretch. */
  readonly boundaries: number;
  readonly runs: number;
  readonly failures: readonly string[];
}

/** Until then the build is done. */
const nextAtMs = 20_000;
const nextOf = { build: [], push: ['push'], teardown: ['close'] } as const;

/** Disturbs one plan at every boundary of it, one run each; `every` takes only each so-many-th. */
export async function disturbEverywhere(
  stretch: Stretch,
  every = 1,
  part = { of: 1, index: 0 },
): Promise<BoundaryReport> {
  const scenario = await quietScenario(stretch);
  const boundaries = await countBoundaries(scenario, stretch);
  const failures: string[] = [];
  let runs = 0;
  for (let boundary = 1; boundary <= boundaries; boundary += every) {
    if (((boundary - 1) / every) % part.of !== part.index % part.of) continue;
    for (const disturbance of [...faults, ...meanwhile[stretch]]) {
      const result = await disturbed(scenario, stretch, boundary, disturbance);
      runs += 1;
      if (result.problems.length === 0) continue;
      failures.push(`${stretch} ${disturbance} at ${boundary}: ${result.problems.join('; ')}`);
    }
  }
  return { boundaries, runs, failures };
}

/** One run; for looking at a failure. */
export const disturbed = (
  scenario: Scenario,
  stretch: Stretch,
  boundary: number,
  disturbance: Disturbance,
  keepTrace = false,
): Promise<Result> =>
  runSeed(scenario.seed, {
    scenario,
    keepTrace,
    faults: faultsAt(stretch, (count) => count === boundary, disturbance),
  });

/** The first seed whose only pull request has every part that a plan can have. */
export async function quietScenario(stretch: Stretch): Promise<Scenario> {
  for (let seed = 1; ; seed += 1) {
    const scenario = quiet(seed, stretch);
    const outside = await newOutside(scenario, false);
    const [pull] = outside.host.all();
    const pushed = newCommit(outside.people);
    await outside.store.close();
    if (pull && isWhole(outside, pull.headSha) && (stretch !== 'push' || isWhole(outside, pushed))) return scenario;
  }
}

function isWhole(outside: Outside, sha: string): boolean {
  if (commitKind(sha) !== 'good') return false;
  const [pull] = outside.host.all();
  if (!pull || expectedOf(pull, outside.scenario.policy, undefined).phase !== 'live') return false;
  return recipeOf(sha).build.length === 2 && rolesOf(sha).length === 8;
}

const quiet = (seed: number, stretch: Stretch): Scenario => ({
  seed,
  cloudy: false,
  policy: { drafts: 'build', forks: 'approval', labels: [] },
  pulls: 1,
  troubleMs: 30_000,
  happenings: nextOf[stretch].map((what) => ({ atMs: nextAtMs, what, which: 0 })),
  faultShare: 0,
  killShare: 0,
  listLagMs: 0,
  webhooks: { lost: 0, twice: 0, lateMs: 0 },
});

async function countBoundaries(scenario: Scenario, stretch: Stretch): Promise<number> {
  let seen = 0;
  const count = (now: number): boolean => {
    seen = now;
    return false;
  };
  const result = await runSeed(scenario.seed, { scenario, faults: faultsAt(stretch, count, 'kill-before') });
  if (result.problems.length > 0) throw new Error(`undisturbed, and yet: ${result.problems.join('; ')}`);
  return seen;
}

/** Counts the calls of the stretch and disturbs where `isHere`. */
function faultsAt(
  stretch: Stretch,
  isHere: (count: number) => boolean,
  disturbance: Disturbance,
): NonNullable<RunOptions['faults']> {
  return ({ clock, trace, scenario }, kill, stage) => {
    let count = 0;
    const from = stretch === 'build' ? 0 : nextAtMs;
    return {
      clock,
      kill,
      choose(call) {
        const now = clock.monotonic();
        trace.add(now, `${call.port}.${call.method} ${JSON.stringify(call.given).slice(0, 120)}`);
        if (now < from || now > Math.min(from + 15_000, scenario.troubleMs)) return undefined;
        count += 1;
        return isHere(count) ? disturb(stage, disturbance) : undefined;
      },
    };
  };
}

function disturb(stage: Stage, disturbance: Disturbance): Fault | undefined {
  const people = (what: Happening['what']): void => void happen(stage, { atMs: 0, what, which: 0 });
  stage.outside.trace.add(stage.outside.clock.monotonic(), `-- disturbed: ${disturbance}`);
  switch (disturbance) {
    case 'push':
      people('push');
      return undefined;
    case 'close':
      people('close');
      return undefined;
    case 'reopen':
      people('reopen');
      return undefined;
    case 'close-and-reopen':
      people('close');
      stage.outside.clock.after(reopensAfterMs, () => people('reopen'));
      return undefined;
    default:
      return { kind: disturbance };
  }
}
