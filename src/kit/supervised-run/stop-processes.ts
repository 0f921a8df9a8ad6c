import type { Clock } from '../../ports/clock.ts';
import { pause } from './pause.ts';
import { isAlive, type ProcessStat, signalProcess } from './process-table.ts';

export interface StopOptions {
  /** Everything that is to end, anew each time: programs may start more while they are told to stop. */
  readonly find: () => Promise<readonly ProcessStat[]>;
  /** Between TERM and KILL; 0 for KILL at once. */
  readonly graceMs: number;
  readonly clock: Clock;
  /** Ends the work without an end of the processes. */
  readonly signal: AbortSignal;
}

const firstLookMs = 2;
const slowestLookMs = 100;

/** Ends what `find` finds, and answers when it finds nothing more, or when aborted. */
export async function stopProcesses({ find, graceMs, clock, signal }: StopOptions): Promise<void> {
  const deadline = clock.monotonic() + graceMs;
  const told = new Set<string>();
  let waitMs = firstLookMs;
  let left = await find();
  while (left.length > 0 && !signal.aborted) {
    const late = clock.monotonic() >= deadline;
    for (const process of left) {
      const key = `${process.pid}/${process.startTicks}`;
      if (!late && told.has(key)) continue;
      told.add(key);
      signalProcess(process, late ? 'SIGKILL' : 'SIGTERM');
    }
    await pause(clock, waitMs);
    waitMs = Math.min(waitMs * 1.5, slowestLookMs);
    left = left.filter(isAlive);
    // A full look at /proc costs; it is needed when those we know are gone, and when they take long.
    if (left.length === 0 || late) left = await find();
  }
}
