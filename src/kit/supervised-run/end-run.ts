import { describeError } from '../../domain/wizard-error.ts';
import { isNoRoom } from '../disk-reserve.ts';
import { findRunProcesses } from './find-run-processes.ts';
import { groupOfRun } from './group-of-run.ts';
import { pause } from './pause.ts';
import { isThere, removeWhole, runFiles, writeWhole } from './run-files.ts';
import { directoryOf, type RunsState } from './runs-state.ts';
import { dropGroup, stopRun } from './settle-run.ts';

export interface HowToEnd {
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** True: forget it when nothing is left. False: keep its log and what we know of it. */
  readonly remove: boolean;
}

/** Begins the end of a run and returns. Repeating it is harmless; nothing there is fine. */
export async function endRun(state: RunsState, name: string, how: HowToEnd): Promise<void> {
  const directory = directoryOf(state, name);
  const going = state.endings.get(name);
  if (going) {
    going.remove ||= how.remove;
    return;
  }
  const ending = { remove: how.remove };
  // Before the first wait, so that two calls at once begin one end.
  state.endings.set(name, ending);
  state.preparing.get(name)?.stop.abort();
  try {
    const there = await isThere(directory);
    if (there && how.remove) await markLeaving(state, name);
    if (!there && (await findRunProcesses(state, name)).length === 0) {
      // Its end may have been told while we were at it, and was then left to us.
      state.running.delete(name);
      state.found.delete(name);
      state.endings.delete(name);
      return;
    }
  } catch (error) {
    state.endings.delete(name);
    throw error;
  }
  finish(state, name, how.graceMs).catch((error: unknown) => retryLater(state, name, error));
}

/** Only for a life of the server after this one: on a full disk what frees room must go on without. */
async function markLeaving(state: RunsState, name: string): Promise<void> {
  try {
    await writeWhole(runFiles(directoryOf(state, name)).leaving, '');
  } catch (error) {
    if (!isNoRoom(error)) throw error;
    state.options.log.warn('run.leaving', { run: name, error: describeError(error) });
  }
}

async function finish(state: RunsState, name: string, graceMs: number): Promise<void> {
  const directory = directoryOf(state, name);
  await stopRun(state, name, graceMs);
  // What is being prepared sees that it is told to end, and stops by itself.
  while (state.preparing.has(name) && !state.closed.signal.aborted) await pause(state.options.clock, 5);
  if (state.closed.signal.aborted) return;
  await stopRun(state, name, graceMs);
  // One that is not our child would be noticed only by the next look.
  state.running.delete(name);
  const group = await groupOfRun(state, name);
  if (group) await dropGroup(state, group);
  if (state.endings.get(name)?.remove) await removeWhole(directory);
  state.found.delete(name);
  state.endings.delete(name);
  state.options.onChange(name);
}

/** Still leaving, as far as anyone is told: it is not gone before it was seen gone. */
function retryLater(state: RunsState, name: string, error: unknown): void {
  state.options.log.error('run.end', { run: name, error });
  state.options.clock.after(1000, () => {
    if (state.closed.signal.aborted) return;
    finish(state, name, 0).catch((again: unknown) => retryLater(state, name, again));
  });
}
