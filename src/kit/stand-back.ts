import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { systemClock } from './clock.ts';

/** What stands at 10 gets about a tenth of what stands at 0, where both want the processor (sched(7)). */
const back = 10;
const furthest = 19;
const againMs = 120;
const mostTries = 50;

/**
 * Lets the server and what serves go first where a processor is wanted by more than one; on a free machine it costs nothing. Holds for what
 * the process starts from now on and, where it leads a session, for that. What cannot be told to stand back goes on as it is.
 */
export function standBack(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  refusalOf(() => setPriority(pid, Math.min(getPriority() + back, furthest)));
  tellSession(child, pid, mostTries);
}

/** Where the kernel shares by session, the number above counts only within one (sched(7), "The autogroup feature"). */
function tellSession(child: ChildProcess, pid: number, tries: number): void {
  // Until it is seen to have ended, the number is no other's.
  if (child.exitCode !== null || child.signalCode !== null || tries === 0) return;
  const refusal = refusalOf(() => writeFileSync(`/proc/${pid}/autogroup`, String(back)));
  // From users other than root the kernel takes this only every 100 ms, whatever session it is about.
  if (refusal === 'EAGAIN') systemClock.after(againMs, () => tellSession(child, pid, tries - 1));
}

/** The code of the system's refusal, if it was one: it may have ended, and not every kernel shares by session. */
function refusalOf(tell: () => void): unknown {
  try {
    tell();
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code;
    throw error;
  }
}
