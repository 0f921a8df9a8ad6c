import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { systemClock } from './clock.ts';

/** What stands at 10 gets about a tenth of what stands at 0, where both want the processor (sched(7)). */
export const standBackBy = 10;
const againMs = 120;
const mostTries = 50;

/**
 * Where the kernel shares the processor by session (sched(7), "The autogroup feature"), `nice` counts only within one: tells it that the
 * session led by this child stands back as a whole. Where that cannot be told it goes on as it is.
 */
export const standSessionBack = (leader: ChildProcess): void => tell(leader, mostTries);

function tell(leader: ChildProcess, tries: number): void {
  // Once it is seen to have ended, its number may be another's.
  if (leader.exitCode !== null || leader.signalCode !== null || tries === 0) return;
  try {
    writeFileSync(`/proc/${leader.pid}/autogroup`, String(standBackBy));
  } catch (error) {
    // It may have ended, and not every kernel shares by session.
    if (!(error instanceof Error && 'code' in error)) throw error;
    // From users other than root the kernel takes this only every 100 ms, whatever session it is about.
    if (error.code === 'EAGAIN') systemClock.after(againMs, () => tell(leader, tries - 1));
  }
}
