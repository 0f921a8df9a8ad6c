import type { RunRecord, RunState } from './run-record.ts';
import type { RunsState } from './runs-state.ts';
import { watchRuns } from './watch-runs.ts';

export interface FoundRun {
  readonly record: RunRecord;
  readonly run: Extract<RunState, { readonly is: 'running' }>;
}

/**
 * Watches a run that we find running and did not start ourselves: at our start, or, when the server died so soon after a start
 * that the run had not said yet who it was, at the first look that sees it.
 */
export function trackFound(state: RunsState, name: string, { record, run: { pid, startTicks } }: FoundRun): void {
  if (state.running.has(name) || state.endings.has(name) || state.closed.signal.aborted) return;
  const boundAt = state.options.keepLogBytes;
  state.running.set(name, { pid, startTicks, child: undefined, settling: false, logSize: 0, boundAt });
  state.options.onRunning(name, record);
  watchRuns(state);
}
