import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** What stands at 10 gets about a tenth of what stands at 0, where both want the processor (sched(7)). */
const back = 10;
const furthest = 19;

/**
 * Lets the server and what serves go first where a processor is wanted by more than one; on a free machine it costs nothing. Holds for what
 * the process starts from now on and, where it leads a session, for that. What cannot be told to stand back goes on as it is.
 */
export function standBack(pid: number): void {
  unlessRefused(() => setPriority(pid, Math.min(getPriority() + back, furthest)));
  // Where the kernel shares by session, the number above counts only within one (sched(7), "The autogroup feature").
  unlessRefused(() => writeFileSync(`/proc/${pid}/autogroup`, String(back)));
}

/** It may have ended, and not every kernel shares by session. */
function unlessRefused(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
