import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { driftOf } from '../../kit/supervised-run/claim-drift.ts';
import { describeEnd } from '../../kit/supervised-run/describe-run.ts';
import { isThere } from '../../kit/supervised-run/run-files.ts';
import type { Verdict } from '../../kit/supervised-run/run-record.ts';
import type { RunView, SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { processSpecOf } from './process-spec.ts';
import { healthyFile, type ProcessStarts } from './process-starts.ts';

interface About {
  readonly runs: SupervisedRuns;
  readonly starts: ProcessStarts;
  readonly claim: Claim;
  readonly spec: JsonObject;
}

const brokenLines = 40;

/** A process that was healthy once is ready for as long as it lives: what it answers later is its own affair. */
export async function observeProcess(about: About): Promise<Observation> {
  const { runs, claim } = about;
  const view = await runs.look(claim);
  const broken = async (verdict: Verdict): Promise<Observation> => ({
    is: 'broken',
    ...verdict,
    lastLines: await runs.lastLines(claim, brokenLines),
  });
  switch (view.is) {
    case 'absent':
      return { is: 'absent' };
    case 'leaving':
      return { is: 'leaving', note: 'it is being told to end', lookAgainMs: 250 };
    case 'stray':
      return broken({ note: 'its directory was taken away while it ran', remedy: 'try-again' });
    case 'preparing':
      return { is: 'arriving', note: view.note, lookAgainMs: 1000 };
    case 'running':
      return view.verdict ? broken(view.verdict) : runningProcess(about, view);
    case 'over':
      return broken(view.verdict ?? { note: describeEnd(view.end), remedy: 'try-again' });
  }
}

async function runningProcess(
  { runs, starts, claim, spec }: About,
  { record, pid }: Extract<RunView, { readonly is: 'running' }>,
): Promise<Observation> {
  if (!(await isThere(healthyFile(runs.directory(claim)))))
    return { is: 'arriving', note: starts.saw(claimName(claim)) ?? 'it has just been started', lookAgainMs: 1000 };
  const facts = { port: record.port ?? 0, pid, revision: processSpecOf(record.spec).revision };
  return { is: 'ready', facts, drift: driftOf(record.spec, spec) };
}
