import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { WizardError } from '../../domain/wizard-error.ts';
import { standSessionBack } from '../stand-session-back.ts';
import { codeOfFault, runFiles } from './run-files.ts';
import { type WrapAbout, wrapped } from './wrapper.ts';

export interface Spawned {
  readonly pid: number;
  readonly process: ChildProcess;
  /** When the wrapper, and so the command, ended. */
  readonly ended: Promise<unknown>;
}

export interface SpawnAbout extends WrapAbout {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts the wrapper in a session of its own, with files for its output: nothing of it depends on our living on. */
export async function spawnWrapped(name: string, about: SpawnAbout): Promise<Spawned> {
  const log = openSync(runFiles(about.directory).log, 'a', 0o600);
  try {
    const [file, ...args] = wrapped(about);
    const process = spawn(file, args, {
      cwd: about.cwd,
      env: about.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    if (process.pid === undefined) throw (await once(process, 'error'))[0];
    if (about.standsBack) standSessionBack(process);
    return { pid: process.pid, process, ended: once(process, 'exit') };
  } catch (error) {
    throw cannotStart(name, error);
  } finally {
    closeSync(log);
  }
}

function cannotStart(name: string, cause: unknown): WizardError {
  const code = codeOfFault(cause);
  if (code === 'E2BIG' || code === 'ERR_INVALID_ARG_VALUE') {
    return new WizardError(`starting ${name}: its command or environment cannot be passed on`, {
      code: 'run/bad-arguments',
      remedy: 'change-input',
      hint: 'A value is too long, or holds a zero byte.',
      cause,
    });
  }
  return new WizardError(`starting ${name}`, { code: 'run/cannot-start', remedy: 'try-again', cause });
}
