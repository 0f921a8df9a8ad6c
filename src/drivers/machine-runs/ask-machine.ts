import { WizardError } from '../../domain/wizard-error.ts';
import { remoteRun } from '../../kit/ssh/remote-run.ts';
import type { MachineTarget } from './machine-target.ts';

const limitMs = 8000;

/** The first line of a file on the machine, at most 100 bytes of it; '' when it is not there. Throws as `remoteRun` does. */
export async function firstLineOf(target: MachineTarget, file: string, signal: AbortSignal): Promise<string> {
  const { status, stdout } = await ask(target, ['head', '-c', '100', '--', file], signal);
  return status === 0 ? (stdout.split('\n')[0]?.trim() ?? '') : '';
}

/** Why the machine does not let us in now; `undefined`: it does. */
export async function whyNotReached(target: MachineTarget, signal: AbortSignal): Promise<WizardError | undefined> {
  try {
    await ask(target, ['true'], signal);
    return undefined;
  } catch (error) {
    if (error instanceof WizardError && !signal.aborted) return error;
    throw error;
  }
}

const ask = (target: MachineTarget, argv: readonly string[], signal: AbortSignal) =>
  remoteRun({ config: target.ssh, host: target.host }, argv, {
    doing: 'asking the machine for its commit',
    signal,
    timeLimitMs: limitMs,
    maxOutputBytes: 64 * 1024,
    overflow: 'keep-tail',
    allow: () => true,
    options: [`User=${target.user}`],
  });
