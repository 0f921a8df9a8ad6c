import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { WizardError } from '../../domain/wizard-error.ts';
import { CommandOutput, lastLines } from '../../kit/command-output.ts';
import { endGroup } from '../../kit/end-group.ts';
import { pauseUnless } from '../../kit/pause-unless.ts';
import { plainEnvironment } from '../../kit/run-command.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProgramCall } from './programs.ts';

export interface PrivateServerAbout {
  readonly call: ProgramCall;
  /** File for what it says. */
  readonly log: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Rejects while it does not serve yet. */
  readonly greet: () => Promise<void>;
  /** Asks it to end with nothing left to do. */
  readonly stopSignal: NodeJS.Signals;
}

/** A database server of our own that nobody else can reach. When the signal aborts it is killed. */
export interface PrivateServer {
  /** Ends it in good order; throws `golden/server-failed` when it did not end so. */
  stop(): Promise<void>;
  /** Ends it at once, and answers when it is gone. */
  kill(): Promise<void>;
}

const startLimitMs = 10 * 60_000;
/** Nothing tells us when it listens. */
const lookEveryMs = 15;

/** Answers once the server serves. */
export async function startPrivateServer(about: PrivateServerAbout): Promise<PrivateServer> {
  const { call, clock, signal, log } = about;
  signal.throwIfAborted();
  const [program = '', ...args] = call.argv;
  const file = await open(log, 'a');
  const child = spawn(program, args, {
    env: { ...plainEnvironment(), ...call.env },
    cwd: call.cwd,
    stdio: ['ignore', file.fd, file.fd],
    detached: true,
  });
  let end: { readonly status: number | null } | undefined;
  const ended = new Promise<void>((resolve) => {
    const over = (status: number | null): void => {
      end = { status };
      resolve();
    };
    child.once('error', () => over(null));
    child.once('exit', over);
  });
  await file.close();
  const kill = async (): Promise<void> => {
    endGroup(child.pid, 'SIGKILL');
    await ended;
  };
  const onAbort = (): void => endGroup(child.pid, 'SIGKILL');
  signal.addEventListener('abort', onAbort, { once: true });
  const fault = async (what: string): Promise<WizardError> => {
    await kill();
    signal.throwIfAborted();
    return failed(what, lastLines(await readFile(log, 'utf8')));
  };
  const deadline = clock.monotonic() + startLimitMs;
  for (let serves = false; !serves; ) {
    serves = await about.greet().then(
      () => true,
      () => false,
    );
    if (serves) break;
    if (end || signal.aborted) throw await fault('it ended while it started');
    if (clock.monotonic() > deadline) throw await fault('it does not answer');
    await pauseUnless(signal, clock, lookEveryMs);
  }
  return {
    kill,
    async stop() {
      if (!end) endGroup(child.pid, about.stopSignal);
      await ended;
      signal.removeEventListener('abort', onAbort);
      if (end?.status !== 0) throw await fault('it did not end in good order');
    },
  };
}

const failed = (what: string, lines: readonly string[]): WizardError =>
  new WizardError(`running a private database server: ${what}`, {
    code: 'golden/server-failed',
    remedy: 'fix-setup',
    hint: 'The last lines are what it said. Is there memory and disk for it?',
    cause: new CommandOutput(lines),
  });
