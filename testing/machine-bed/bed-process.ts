import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endGroup } from '../../src/kit/end-group.ts';

export interface BedProcess {
  /** Whether it has ended by itself or was ended. */
  ended(): boolean;
  stop(): Promise<void>;
}

/** Which life of a process id this is: the same id is another process later. Missing: it does not run. */
export function lifeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Starts a process of the bed in a group of its own and writes it down in the bed's folder, so that a sweep finds it. */
export async function startBedProcess(folder: string, name: string, argv: readonly string[]): Promise<BedProcess> {
  const [program = '', ...args] = argv;
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log] });
  await once(child, 'spawn');
  child.unref();
  const pid = child.pid ?? 0;
  const record = join(folder, `${name}.pid`);
  await writeFile(record, lifeOf(pid) ?? '');
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    ended,
    async stop() {
      child.ref();
      const end = ended() ? undefined : once(child, 'exit');
      endGroup(pid, 'SIGKILL');
      await end;
      await rm(record, { force: true });
    },
  };
}

/** Ends what a bed's folder says was started and is still that process. */
export function endRecordedProcesses(folder: string): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.pid'))) {
    const life = readFileSync(join(folder, file), 'utf8');
    const pid = Number(life.split(' ')[0]);
    if (life !== '' && lifeOf(pid) === life) endGroup(pid, 'SIGKILL');
  }
}
