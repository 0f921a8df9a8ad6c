import { breakageOf } from '../../domain/observation.ts';
import { shortSha } from '../../domain/pull-request.ts';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import { isThere, writeWhole } from '../../kit/supervised-run/run-files.ts';
import type { Verdict } from '../../kit/supervised-run/run-record.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { firstLineOf, whyNotReached } from './ask-machine.ts';
import { homeFiles } from './machine-home.ts';
import type { ProgramRun } from './machine-program.ts';
import type { ObservedRun } from './observe-machine-run.ts';

const tellingLines = 400;

/** Why a run ended with another status than 0. It is written down, so the machine is asked once. */
export async function judgeFailure(about: ObservedRun, status: number, how: string): Promise<Verdict> {
  const { runs, claim, program, spec, call } = about;
  const told = program.whyFailed?.(status, await runs.lastLines(claim, tellingLines));
  const verdict: Verdict = told ?? { note: `${program.kind} ${how}`, remedy: 'change-input' };
  if (verdict.remedy === 'try-again') return condemned(about, verdict);
  const trouble = await whyNotReached(program.read(spec).target, call.signal);
  if (!trouble) return condemned(about, verdict);
  return condemned(about, { ...breakageOf(trouble), note: `${verdict.note}; ${describeError(trouble)}` });
}

/** Ready once the machine itself says that it has the commit; later, that it has another one is a difference. */
export async function judgeSuccess(about: ObservedRun): Promise<Observation | Verdict> {
  const { runs, claim, program, spec } = about;
  const notDone = program.whyNotDone?.(spec, await runs.lastLines(claim, tellingLines));
  if (notDone) return condemned(about, notDone);
  const run = program.read(spec);
  return run.revisionFile === undefined ? ready(run) : proven(about, run, run.revisionFile);
}

async function proven(about: ObservedRun, run: ProgramRun, file: string): Promise<Observation | Verdict> {
  const { runs, claim, program, call } = about;
  const proof = homeFiles(runs.directory(claim)).proven;
  const before = await isThere(proof);
  const said = await asked(run, file, call.signal);
  if (said instanceof WizardError) {
    if (before) return ready(run);
    if (said.remedy !== 'try-again') return condemned(about, breakageOf(said));
    return { is: 'arriving', note: `it is done; ${describeError(said)}`, lookAgainMs: 2000 };
  }
  const have = said === '' ? 'nothing' : said.slice(0, 60);
  if (have === run.revision) {
    if (!before) await writeWhole(proof, '');
    return ready(run);
  }
  // What was right and is not any more was changed by somebody else: that is no fault of the commit.
  if (before) return { is: 'ready', facts: {}, drift: [{ field: 'revision', want: run.revision, have }] };
  const note = `${program.kind} ended well, but ${file} on the machine says ${have}, not ${shortSha(run.revision)}`;
  return condemned(about, { note, remedy: 'change-input' });
}

async function asked({ target }: ProgramRun, file: string, signal: AbortSignal): Promise<string | WizardError> {
  try {
    return await firstLineOf(target, file, signal);
  } catch (error) {
    if (error instanceof WizardError && !signal.aborted) return error;
    throw error;
  }
}

const ready = ({ revision, revisionFile }: ProgramRun): Observation => ({
  is: 'ready',
  facts: revisionFile === undefined ? {} : { revision },
  drift: [],
});

async function condemned({ runs, claim, program }: ObservedRun, verdict: Verdict): Promise<Verdict> {
  const isAuthors = verdict.remedy === 'change-input' && verdict.hint === undefined;
  const told: Verdict = isAuthors ? { ...verdict, hint: program.whatHelps } : verdict;
  await runs.condemn(claim, told);
  return told;
}
