import { statSync } from 'node:fs';
import { boundLog } from './bound-log.ts';
import { findProcess } from './process-table.ts';
import { logFile } from './run-files.ts';
import { directoryOf, type RunsState, type Tracked } from './runs-state.ts';
import { settleRun } from './settle-run.ts';

const calmMs = 250;
/** While something prints fast: at 1 GB a second this lets about 20 MB through between two looks. */
const busyMs = 20;
const busyBytes = 256 * 1024;
/** Of the looks at those that are not our children, one in so many makes sure that the id was not given to another. */
const thoroughEvery = 8;

/** Looks after what runs, as long as something does: bounds logs, and sees the end of those that are not our children. */
export function watchRuns(state: RunsState): void {
  if (state.stopTimer || state.closed.signal.aborted || state.running.size === 0) return;
  scheduleLook(state, calmMs);
}

function scheduleLook(state: RunsState, ms: number, count = 0): void {
  state.stopTimer = state.options.clock.after(ms, () => {
    look(state, count).then(
      (busy) => {
        state.stopTimer = undefined;
        if (state.running.size > 0 && !state.closed.signal.aborted)
          scheduleLook(state, busy ? busyMs : calmMs, count + 1);
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
async function look(state: RunsState, count: number): Promise<boolean> {
  let busy = false;
  for (const [name, tracked] of state.running) {
    const thorough = (tracked.pid + count) % thoroughEvery === 0;
    if (!tracked.child && hasEnded(tracked, thorough)) settle(state, name);
    const directory = directoryOf(state, name);
    const size = logSize(directory);
    if (Math.abs(size - tracked.logSize) > busyBytes) busy = true;
    await boundIfLong(state, directory, tracked, size);
    tracked.logSize = size;
  }
  return busy;
}

/** Asks for a shorter log only when it has grown again since it was last asked for. */
async function boundIfLong(state: RunsState, directory: string, tracked: Tracked, size: number): Promise<void> {
  const { keepLogBytes } = state.options;
  if (size < tracked.logSize) tracked.boundAt = keepLogBytes;
  if (size <= tracked.boundAt) return;
  const dropped = await boundLog(directory, keepLogBytes);
  tracked.boundAt = size + (dropped ? keepLogBytes : keepLogBytes / 8);
}

/** A signal that does nothing is sent in a tenth of the time that reading `/proc` takes: there may be a thousand. */
function hasEnded({ pid, startTicks }: Tracked, thorough: boolean): boolean {
  return (thorough || !takesSignals(pid)) && findProcess(pid)?.startTicks !== startTicks;
}

function takesSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Asked in place: through the thread pool the question costs twenty times as much, four times a second for each that runs. */
const logSize = (directory: string): number => statSync(logFile(directory), { throwIfNoEntry: false })?.size ?? 0;
