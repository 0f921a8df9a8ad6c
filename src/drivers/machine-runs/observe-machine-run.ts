import type { Claim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { breakageOf } from '../../domain/observation.ts';
import { driftOf } from '../../kit/supervised-run/claim-drift.ts';
import { describeEnd } from '../../kit/supervised-run/describe-run.ts';
import type { Verdict } from '../../kit/supervised-run/run-record.ts';
import type { RunView, SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { Call } from '../../ports/call.ts';
import type { Difference, Observation } from '../../ports/resource-driver.ts';
import { judgeFailure, judgeSuccess } from './judge-run.ts';
import type { MachineProgram } from './machine-program.ts';
import type { PendingRun } from './replacing-runs.ts';

/** As much is looked through for what matters. */
const tellingLines = 400;

export interface ObservedRun {
  readonly runs: SupervisedRuns;
  readonly program: MachineProgram;
  readonly claim: Claim;
  readonly spec: JsonObject;
  readonly call: Call;
}

const brokenLines = 40;

/** How a run is. One for another spec is told with what differs, so that it is ended and not waited for. */
export async function observeMachineRun(about: ObservedRun, pending: PendingRun | undefined): Promise<Observation> {
  if (pending) return waitingFor(pending, about.spec);
  const view = await about.runs.look(about.claim);
  switch (view.is) {
    case 'absent':
      return { is: 'absent' };
    case 'leaving':
      return { is: 'leaving', note: 'what it started is being ended', lookAgainMs: 250 };
    case 'stray':
      return broken(about, { note: 'its directory was taken away while it ran', remedy: 'try-again' }, []);
    case 'preparing':
      return { is: 'arriving', note: view.note, lookAgainMs: 1000, drift: driftOf(view.record.spec, about.spec) };
    case 'running':
      return running(about, view);
    case 'over':
      return over(about, view);
  }
}

function waitingFor({ spec, failure }: PendingRun, wanted: JsonObject): Observation {
  const drift = driftOf(spec, wanted);
  if (failure === undefined) return { is: 'arriving', note: 'what ran before is being ended', lookAgainMs: 250, drift };
  return { is: 'broken', ...breakageOf(failure), drift };
}

async function running(about: ObservedRun, view: Extract<RunView, { is: 'running' }>): Promise<Observation> {
  const drift = driftOf(view.record.spec, about.spec);
  if (view.verdict) return broken(about, view.verdict, drift);
  const [note = 'it has not said anything yet'] = await about.runs.lastLines(about.claim, 1);
  return { is: 'arriving', note, lookAgainMs: 1000, drift };
}

async function over(about: ObservedRun, view: Extract<RunView, { is: 'over' }>): Promise<Observation> {
  const { record, verdict, end } = view;
  const drift = driftOf(record.spec, about.spec);
  if (verdict) return broken(about, verdict, drift);
  if (end.is === 'lost') return broken(about, { note: describeEnd(end), remedy: 'try-again' }, drift);
  if (drift.length > 0) {
    if (end.status === 0) return { is: 'ready', facts: {}, drift };
    return broken(about, { note: describeEnd(end), remedy: 'change-input' }, drift);
  }
  if (end.status !== 0) return broken(about, await judgeFailure(about, end.status, describeEnd(end)), drift);
  const seen = await judgeSuccess(about);
  return 'remedy' in seen ? broken(about, seen, drift) : seen;
}

async function broken(
  { runs, claim }: ObservedRun,
  verdict: Verdict,
  drift: readonly Difference[],
): Promise<Observation> {
  const told = withoutTraces(await runs.lastLines(claim, tellingLines)).slice(-brokenLines);
  return { is: 'broken', ...verdict, lastLines: told, drift };
}

/** Forty frames of a Ruby trace hide the line that says what was wrong. */
const withoutTraces = (lines: readonly string[]): string[] =>
  lines.filter((line) => !/^\s*(from\s+)?\/\S+:\d+:in [`']/.test(line));
