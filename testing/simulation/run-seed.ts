import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { Environment } from '../../src/domain/environment.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import type { Store } from '../../src/ports/store.ts';
import type { FaultPlan, PortCall } from '../faults.ts';
import { alwaysTrue, closedTooEarly } from './always.ts';
import { problemsAtRest } from './at-rest.ts';
import { happen, type Stage } from './happen.ts';
import { luckyFaults } from './luck.ts';
import { newOutside, type Outside } from './outside.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { type Ablation, type Server, startServer, sweepEveryMs } from './server.ts';

export interface Result {
  readonly seed: number;
  /** Empty: every invariant held. */
  readonly problems: readonly string[];
  readonly hash: string;
  readonly trace: readonly string[];
  readonly kills: number;
  /** Virtual milliseconds from the end of trouble to rest. */
  readonly restedAfterMs: number;
}

/** After trouble, all must be well within this: a few rounds and back-offs, whatever the clock was set to. */
const longestRestMs = 20 * 60_000;
const stepMs = 5_000;

export interface RunOptions {
  readonly scenario?: Scenario;
  readonly ablation?: Ablation;
  readonly keepTrace?: boolean;
  /** Virtual milliseconds in which all must be well after trouble. */
  readonly restLimitMs?: number;
  /** Given: these faults instead of those of luck. */
  readonly faults?: (outside: Outside, kill: () => void, stage: Stage) => FaultPlan;
}

/** One history: trouble, healing, rest. The same seed gives the same history. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<Result> {
  const scenario = options.scenario ?? scenarioOf(seed);
  const outside = await newOutside(scenario, options.keepTrace ?? false);
  const found: string[] = [];
  const play = stageOf(outside, options, found);
  const always = alwaysTrue(outside);
  const check = (): void => {
    for (const problem of always.problems()) found.push(problem);
  };

  play.start();
  await outside.clock.advance(0);
  for (const pull of outside.host.all()) play.stage.tell('opened', pull);
  for (const happening of scenario.happenings) {
    while (outside.clock.monotonic() < happening.atMs) {
      await outside.clock.advance(Math.min(1000, happening.atMs - outside.clock.monotonic()));
      check();
    }
    await happen(play.stage, happening);
  }
  await outside.clock.advance(Math.max(0, scenario.troubleMs - outside.clock.monotonic()));
  play.heal();
  const healedAt = outside.clock.monotonic();
  const atRest = found.some((problem) => problem.startsWith('INV-13'))
    ? []
    : await rest(outside, options.restLimitMs ?? longestRestMs, check);
  const restedAfterMs = outside.clock.monotonic() - healedAt;
  if (atRest.length === 0) found.push(...(await stillness(outside, check)));
  play.end();
  await outside.store.close();
  const { hash, lines } = outside.trace;
  const problems = [...new Set([...found, ...atRest])];
  return { seed, problems, hash: hash(), trace: lines, kills: play.kills(), restedAfterMs };
}

async function rest(outside: Outside, restLimitMs: number, check: () => void): Promise<string[]> {
  const end = outside.clock.monotonic() + restLimitMs;
  let problems = ['nobody looked'];
  for (let wait = stepMs; outside.clock.monotonic() < end; wait = Math.min(60_000, wait * 1.5)) {
    await outside.clock.advance(wait);
    check();
    problems = await problemsAtRest(outside);
    if (problems.length === 0) break;
  }
  return problems;
}

/** INV-7: further full passes change nothing, and all stays as it was. */
async function stillness(outside: Outside, check: () => void): Promise<string[]> {
  const passMs = sweepEveryMs * 1.2;
  // The first one lets late effects land and be swept.
  await outside.clock.advance(passMs);
  const { world, board } = outside;
  const before = [world.mutations, board.mutations];
  await outside.clock.advance(passMs);
  check();
  const after = [world.mutations, board.mutations];
  const restless = before.join() === after.join() ? [] : [`INV-7 a pass at rest made ${after} of ${before} changes`];
  return [...restless, ...(await problemsAtRest(outside)).map((problem) => `${problem} (after a while)`)];
}

function stageOf(outside: Outside, options: RunOptions, found: string[]) {
  const { clock, luck, scenario, trace } = outside;
  let server: Server | undefined;
  let life = { dead: true };
  let trouble = true;
  let ended = false;
  let kills = 0;
  let sent = 0;

  const kill = (why: string): void => {
    if (life.dead) return;
    life.dead = true;
    server = undefined;
    kills += 1;
    trace.add(clock.monotonic(), `-- the server died: ${why}`);
    clock.after(luck.between(500, 10_000), start);
  };
  const stage: Stage = {
    outside,
    server: () => server,
    kill,
    tell: (action, pull) => {
      sent += 1;
      const guid = `delivery-${sent}`;
      const { lost, twice, lateMs } = scenario.webhooks;
      const send = (): void => void (server ? deliver(server, guid, action, pull) : undefined);
      if (!luck.chance(lost)) clock.after(luck.between(0, lateMs), send);
      if (luck.chance(twice)) clock.after(luck.between(0, lateMs * 2), send);
    },
  };
  const plan = unlessInCircles(
    (options.faults ?? ((place, die) => luckyFaults(place, die, () => trouble)))(
      outside,
      () => kill('at a call'),
      stage,
    ),
    () => life,
    (call) => {
      if (!ended) found.push(`INV-13 the server turns in circles, last with ${call.port}.${call.method}`);
      ended = true;
      life.dead = true;
    },
  );
  const watched: Ablation = {
    ...options.ablation,
    store: (store) => watching((options.ablation?.store ?? same)(store)),
  };

  function start(): void {
    if (ended || !life.dead) return;
    life = { dead: false };
    trace.add(clock.monotonic(), '-- the server starts');
    const mine = life;
    void startServer(outside, plan, life, watched).then((started) => {
      if (!mine.dead) server = started;
    });
  }

  /** INV-10: what was answered with 2xx is on disk. */
  async function deliver(to: Server, guid: string, action: string, pull: PullRequest): Promise<void> {
    const { store } = outside;
    const status = await to.deliver(guid, action, pull);
    trace.add(clock.monotonic(), `webhook ${guid} ${action} #${pull.number}: ${status}`);
    const stored = await store.deliveries.list({ limit: 1000 });
    if (status < 300 && !stored.some((delivery) => delivery.guid === guid)) found.push(`INV-10 ${guid} was lost`);
  }

  /** Looks at the world at the very moment the record is about to say "closed". */
  const watching = (store: Store): Store => ({
    ...store,
    environments: {
      ...store.environments,
      update: (id: EnvironmentId, fields: Partial<Environment>) => {
        if (fields.phase === 'closed') found.push(...closedTooEarly(outside, id));
        if ('pull' in fields) outside.read.set(id, fields.pull?.headSha);
        return store.environments.update(id, fields);
      },
    },
  });

  return {
    stage,
    start,
    kills: () => kills,
    heal(): void {
      trouble = false;
      trace.add(clock.monotonic(), '-- everything heals');
      outside.host.outage(undefined);
    },
    end(): void {
      ended = true;
      life.dead = true;
    },
  };
}

const callsAtOnce = 5_000;

/** Work that moves no time on would run for ever: it is ended, and told. */
function unlessInCircles(plan: FaultPlan, life: () => object, inCircles: (call: PortCall) => void): FaultPlan {
  let at = -1;
  let calls = 0;
  return {
    ...plan,
    life,
    choose(call) {
      calls = plan.clock.monotonic() === at ? calls + 1 : 0;
      at = plan.clock.monotonic();
      if (calls > callsAtOnce) inCircles(call);
      return plan.choose(call);
    },
  };
}

const same = <Value>(value: Value): Value => value;
