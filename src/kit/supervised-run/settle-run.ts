import { WizardError } from '../../domain/wizard-error.ts';
import { boundLog } from './bound-log.ts';
import { countMemoryKills, removeGroup } from './control-group.ts';
import { findRunProcesses } from './find-run-processes.ts';
import { pause } from './pause.ts';
import { isThere, runFiles, writeWhole } from './run-files.ts';
import { lookAtRun, type RunRecord, readRecord, readVerdict, type Verdict } from './run-record.ts';
import { directoryOf, type RunsState } from './runs-state.ts';
import { stopProcesses } from './stop-processes.ts';

/** After a run's command ended: ends what it left running, and writes down why it ended where its status does not tell. */
export async function settleRun(state: RunsState, name: string): Promise<void> {
  const tracked = state.running.get(name);
  // One that is told to end is seen to its end, with its grace, by whoever told it.
  if (tracked?.settling || state.endings.has(name) || state.closed.signal.aborted) return;
  if (tracked) tracked.settling = true;
  try {
    await stopRun(state, name, 0);
    const directory = directoryOf(state, name);
    const record = await readRecord(directory);
    if (await isThere(runFiles(directory).log)) await boundLog(directory, state.options.keepLogBytes);
    if (record?.group) await settleGroup(state, name, record);
    if (record && !state.endings.has(name)) await state.options.beforeOver?.(name, record);
  } catch (error) {
    state.options.log.error('run.settle', { run: name, error });
  } finally {
    // By now it may have been destroyed, and another may run under its name.
    if (state.running.get(name) === tracked) {
      state.running.delete(name);
      state.options.onChange(name);
    }
  }
}

export const stopRun = (state: RunsState, name: string, graceMs: number): Promise<void> =>
  stopProcesses({
    find: () => findRunProcesses(state, name),
    graceMs,
    clock: state.options.clock,
    signal: state.closed.signal,
  });

/** The first verdict stands. */
export async function writeVerdict(directory: string, verdict: Verdict): Promise<void> {
  if ((await isThere(directory)) && !(await readVerdict(directory)))
    await writeWhole(runFiles(directory).verdict, JSON.stringify(verdict));
}

async function settleGroup(state: RunsState, name: string, record: RunRecord): Promise<void> {
  if (!record.group) return;
  const directory = directoryOf(state, name);
  const run = await lookAtRun(directory);
  const failed = run.is === 'lost' || (run.is === 'ended' && run.status !== 0);
  if (failed && (await countMemoryKills(record.group)) > 0) {
    const note = `ran out of memory (limit ${record.memoryMb ?? '?'} MB)`;
    const remedy = state.options.outOfMemory ?? 'try-again';
    await writeVerdict(directory, { note, remedy, hint: 'Raise its `memory` in the recipe, or let it need less.' });
  }
  if (!state.endings.has(name)) await dropGroup(state, record.group);
}

const groupAttempts = 20;

/** The kernel may hold a group for some moments after its last process ended. */
export async function dropGroup(state: RunsState, group: string): Promise<void> {
  for (let attempt = 1; attempt <= groupAttempts; attempt += 1) {
    if (await removeGroup(group)) return;
    await pause(state.options.clock, 5 * attempt);
  }
  throw new WizardError(`removing the control group ${group}: something still runs in it`, {
    code: 'run/group-busy',
    remedy: 'try-again',
  });
}
