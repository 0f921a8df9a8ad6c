import { readdirSync, readFileSync } from 'node:fs';
import { codeOfFault } from './run-files.ts';

/** A process as `/proc` shows it. `startTicks` tells it from a later one with the same id, within one boot. */
export interface ProcessStat {
  readonly pid: number;
  readonly group: number;
  readonly session: number;
  readonly state: string;
  readonly startTicks: number;
}

/** Changes with each boot of the machine: process ids of another boot mean nothing. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Reads one line of `/proc/PID/stat`; the name in it may hold anything, so we count from its last bracket. */
export function parseStat(line: string): ProcessStat | undefined {
  const pid = Number.parseInt(line, 10);
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const stat = {
    pid,
    state: fields[0] ?? '',
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
  return Number.isInteger(pid) && Number.isInteger(stat.startTicks) ? stat : undefined;
}

/** The process now, dead ones that nobody has reaped left out. */
export function findProcess(pid: number): ProcessStat | undefined {
  const line = readProc(`/proc/${pid}/stat`);
  const stat = line === undefined ? undefined : parseStat(line);
  return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : undefined;
}

export const isAlive = (known: Pick<ProcessStat, 'pid' | 'startTicks'>): boolean =>
  findProcess(known.pid)?.startTicks === known.startTicks;

/** Every living process but ourselves that `pick` answers for. Lets others work between slices. */
export async function scanProcesses<T>(
  pick: (stat: ProcessStat, environment: () => readonly string[]) => T | undefined,
): Promise<T[]> {
  const found: T[] = [];
  let looked = 0;
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const stat = findProcess(pid);
    const picked = stat && pick(stat, () => readProc(`/proc/${pid}/environ`)?.split('\0') ?? []);
    if (picked !== undefined) found.push(picked);
    looked += 1;
    if (looked % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return found;
}

/** Signals a process unless it ended, or its id was given to another, since we saw it. */
export function signalProcess(known: ProcessStat, signal: NodeJS.Signals): void {
  if (!isAlive(known)) return;
  try {
    process.kill(known.pid, signal);
  } catch (error) {
    if (codeOfFault(error) !== 'ESRCH') throw error;
  }
}

/** `undefined`: it is gone, or belongs to another user and is none of ours. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOfFault(error))) return undefined;
    throw error;
  }
}
