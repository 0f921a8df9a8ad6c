import { stat } from 'node:fs/promises';
import { boundLog } from './bound-log.ts';
import { findProcess } from './process-table.ts';
import { codeOfFault, runFiles } from './run-files.ts';
import { directoryOf, type RunsState } from './runs-state.ts';
import { settleRun } from './settle-run.ts';

const calmMs = 250;
/** While something prints fast: at 1 GB a second this lets about 20 MB through between two looks. */
const busyMs = 20;
const busyBytes = 256 * 1024;

/** Looks after what runs, as long as something does: bounds logs, and sees the end of those that are not our children. */
export function watchRuns(state: RunsState): void {
  if (state.stopTimer || state.closed.signal.aborted || state.running.size === 0) return;
  scheduleLook(state, calmMs);
}

function scheduleLook(state: RunsState, ms: number): void {
  state.stopTimer = state.options.clock.after(ms, () => {
    look(state).then(
      (busy) => {
        state.stopTimer = undefined;
        if (state.running.size > 0 && !state.closed.signal.aborted) scheduleLook(state, busy ? busyMs : calmMs);
      },
      (error: unknown) => {
        state.options.log.error('run.watch', { error });
        state.stopTimer = undefined;
        if (!state.closed.signal.aborted) scheduleLook(state, calmMs);
      },
    );
  });
}

function settle(state: RunsState, name: string): void {
  settleRun(state, name).catch((error: unknown) => state.options.log.error('run.settle', { run: name, error }));
}

/** True when a log grows fast. */
async function look(state: RunsState): Promise<boolean> {
  let busy = false;
  for (const [name, tracked] of state.running) {
    if (!tracked.child && findProcess(tracked.pid)?.startTicks !== tracked.startTicks) settle(state, name);
    const directory = directoryOf(state, name);
    const size = await logSize(directory);
    if (Math.abs(size - tracked.logSize) > busyBytes) busy = true;
    const { keepLogBytes } = state.options;
    tracked.logSize = size > keepLogBytes && (await boundLog(directory, keepLogBytes)) ? 0 : size;
  }
  return busy;
}

async function logSize(directory: string): Promise<number> {
  try {
    return (await stat(runFiles(directory).log)).size;
  } catch (error) {
    if (codeOfFault(error) === 'ENOENT') return 0;
    throw error;
  }
}
