import { join } from 'node:path';
import { type Claim, parseClaim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { localTraits } from '../../kit/local-look.ts';
import { childEnvironment } from '../../kit/supervised-run/child-environment.ts';
import { driftOf } from '../../kit/supervised-run/claim-drift.ts';
import { describeEnd, describeMs } from '../../kit/supervised-run/describe-run.ts';
import { maskSecrets } from '../../kit/supervised-run/mask-secrets.ts';
import { runDeadlines } from '../../kit/supervised-run/run-deadlines.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import type { Verdict } from '../../kit/supervised-run/run-record.ts';
import { type RunView, type SupervisedRuns, supervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { Observation, ResourceDriver } from '../../ports/resource-driver.ts';
import { commandSpecOf } from './command-spec.ts';
import { type DiskStops, diskStops } from './disk-stops.ts';
import { stepCache } from './step-cache.ts';
import { stepReuse } from './step-reuse.ts';

/** Between TERM and KILL, for a step that is not wanted any more or took too long. */
const graceMs = 5000;
const keepReuseBytesByDefault = 10 * 2 ** 30;
const brokenLines = 40;

export type CommandDriverOptions = RunDriverOptions & {
  /** What may be kept of steps with `reuse`, in all; default 10 GiB. */
  readonly keepReuseBytes?: number;
};

export type CommandDriver = ResourceDriver & {
  /** Stops watching; what runs goes on and is taken up by the next driver over the same directory. */
  close(): void;
};

/** Steps of a recipe: run to their end once, ready when that was status 0. Facts: `startedAt`, `endedAt`. */
export function commandDriver(options: CommandDriverOptions): CommandDriver {
  const { clock, secrets, log, keepReuseBytes = keepReuseBytesByDefault } = options;
  const cache = stepCache({
    root: join(options.dataDir, 'cache', 'steps'),
    maxBytes: keepReuseBytes,
    now: () => clock.now(),
  });
  const reuse = stepReuse(cache, log);
  const deadlines = runDeadlines(clock, (name, limitMs) => {
    const claim = parseClaim(name);
    if (claim) tooLong(runs, claim, limitMs).catch((error: unknown) => log.error('command.limit', { name, error }));
  });
  const stops = diskStops(options, () => runs);
  const runs = supervisedRuns({
    ...options,
    kind: 'command',
    confined: true,
    standsBack: true,
    mask: maskSecrets(secrets),
    onChange: (name) => {
      deadlines.drop(name);
      stops.over(name);
      const claim = parseClaim(name);
      if (claim) options.shared.changed(claim);
    },
    onRunning: (name, record) => {
      stops.running(name);
      deadlines.set(name, record.startedAt, commandSpecOf(record.spec).timeLimitMs);
    },
    // It would do the same again.
    outOfMemory: 'change-input',
    beforeOver: async (name, record) => {
      await stops.judge(name, record);
      await reuse.keep(join(options.dataDir, 'runs', name), commandSpecOf(record.spec));
    },
  });
  return {
    kind: 'command',
    traits: localTraits('costly'),
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return observed(runs, stops, claim, spec, await runs.look(claim));
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      const step = commandSpecOf(spec);
      if ((await runs.look(claim)).is === 'absent') await stops.need(claim);
      const before = step.reuse && {
        note: 'looking for an earlier build of the same',
        run: (signal: AbortSignal) => reuse.bringBack(runs.directory(claim), step, signal),
      };
      await runs.start({
        claim,
        spec,
        argv: step.run,
        cwd: step.directory,
        env: childEnvironment({ env: step.env, secrets }),
        memoryMb: step.memoryMb,
        ...(before ? { before } : {}),
      });
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      await runs.end(claim, { graceMs, remove: true });
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      yield* await runs.owned();
    },
    async readLog(claim, from, call) {
      call.signal.throwIfAborted();
      return runs.readLog(claim, from);
    },
    close() {
      deadlines.close();
      runs.close();
    },
  };
}

async function observed(
  runs: SupervisedRuns,
  stops: DiskStops,
  claim: Claim,
  spec: JsonObject,
  view: RunView,
): Promise<Observation<JsonObject>> {
  const broken = async (verdict: Verdict): Promise<Observation<JsonObject>> => ({
    is: 'broken',
    ...verdict,
    lastLines: await runs.lastLines(claim, brokenLines),
  });
  const full = stops.verdict(claim, view);
  if (full) return broken(full);
  switch (view.is) {
    case 'absent':
      return { is: 'absent' };
    case 'leaving':
      return { is: 'leaving', note: 'what it started is being ended', lookAgainMs: 250 };
    case 'stray':
      return broken({ note: 'its directory was taken away while it ran', remedy: 'try-again' });
    case 'preparing':
      return { is: 'arriving', note: view.note, lookAgainMs: 1000 };
    case 'running': {
      if (view.verdict) return broken(view.verdict);
      const [last = 'it has not said anything yet'] = await runs.lastLines(claim, 1);
      return { is: 'arriving', note: last, lookAgainMs: 1000 };
    }
    case 'over': {
      if (view.verdict) return broken(view.verdict);
      if (view.end.is === 'lost') return broken({ note: describeEnd(view.end), remedy: 'try-again' });
      if (view.end.status !== 0) return broken({ note: describeEnd(view.end), remedy: 'change-input' });
      const { startedAt } = view.record;
      const facts = { startedAt, endedAt: startedAt + view.end.tookMs };
      return { is: 'ready', facts, drift: driftOf(view.record.spec, spec) };
    }
  }
}

async function tooLong(runs: SupervisedRuns, claim: Claim, limitMs: number): Promise<void> {
  const [last] = await runs.lastLines(claim, 1);
  const said = last === undefined ? 'it never said anything' : `the last it said was: ${last}`;
  await runs.condemn(claim, { note: `took longer than ${describeMs(limitMs)}; ${said}`, remedy: 'change-input' });
  await runs.end(claim, { graceMs, remove: false });
}
