import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { WizardError } from '../domain/wizard-error.ts';
import type { Clock } from '../ports/clock.ts';
import { systemClock } from './clock.ts';
import { CommandOutput, lastLines } from './command-output.ts';
import { endGroup } from './end-group.ts';
import { keepBytes } from './keep-bytes.ts';

export interface CommandAbout {
  /** What we are doing, for messages: `fetching owner/shop`. Default: the program's name. Never the arguments. */
  readonly doing?: string;
  readonly cwd?: string;
  /** Added to PATH, HOME and LANG, which is all of ours that a command gets to see. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly timeLimitMs: number;
  readonly input?: string | Uint8Array;
  /** Of standard output; default 16 MiB. More is an error, unless `overflow` is `keep-tail`. Of errors only the tail is kept. */
  readonly maxOutputBytes?: number;
  readonly overflow?: 'fail' | 'keep-tail';
  /** Is given standard output as it comes, beside what is answered at the end. */
  readonly onOutput?: (piece: Buffer) => void;
  /** Of standard output; `latin1` keeps every byte as one letter. Default: utf8. */
  readonly encoding?: 'utf8' | 'latin1';
  /** Says which statuses beside 0 are answers and not errors. */
  readonly allow?: (status: number) => boolean;
  readonly clock?: Clock;
}

export interface CommandAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;
interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

const defaultOutputBytes = 16 * 1024 * 1024;
const errorBytes = 64 * 1024;
/** A child of the command that took its pipes elsewhere must not keep us waiting. */
const pipesCloseMs = 1000;

/**
 * Runs one short command of ours (git, cp) to its end: arguments as a list, its own process group, an environment that is only what
 * is given. When the signal aborts or the time is over the whole group is ended; when it answers or throws, nothing of it runs on.
 * Throws `command/failed` with the last lines (`lastLinesOf`), `command/timed-out`, `command/aborted`, `command/not-found`.
 */
export async function runCommand(argv: readonly string[], about: CommandAbout): Promise<CommandAnswer> {
  const [program, ...args] = argv;
  if (!program)
    throw new WizardError('running a command: it is empty', { code: 'command/empty', remedy: 'report-bug' });
  const doing = about.doing ?? `running ${program}`;
  if (about.signal?.aborted) throw aborted(doing);
  const child = spawn(program, args, {
    cwd: about.cwd,
    env: { ...plainEnvironment(), ...about.env },
    stdio: [about.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  }) as Child;
  const stdout = keepBytes(about.maxOutputBytes ?? defaultOutputBytes);
  const stderr = keepBytes(errorBytes);
  child.stderr.on('data', (piece: Buffer) => stderr.add(piece));
  const stop = stopper(child, about, doing);
  child.stdout.on('data', (piece: Buffer) => {
    stdout.add(piece);
    about.onOutput?.(piece);
    if (stdout.lost() && about.overflow !== 'keep-tail') stop.now(tooMuch(doing));
  });
  try {
    const end = await ended(child, about, doing);
    if (stop.why()) throw stop.why();
    return answer(end, stdout.text(about.encoding), stderr.text(), { about, doing });
  } finally {
    stop.release();
  }
}

/** PATH, HOME and LANG of ours: what a program needs to start, and nothing that is secret. */
export function plainEnvironment(): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/nonexistent' } = process.env;
  return { PATH, HOME, LANG: 'C.UTF-8' };
}

function answer(
  end: End,
  stdout: string,
  stderr: string,
  { about, doing }: { about: CommandAbout; doing: string },
): CommandAnswer {
  const { status, signal } = end;
  if (status !== null && (status === 0 || about.allow?.(status))) return { status, stdout, stderr };
  const said = new CommandOutput(lastLines(stderr.trim() === '' && about.overflow ? stdout : stderr));
  const how = status === null ? `was ended by ${signal ?? 'a signal'}` : `ended with status ${status}`;
  throw new WizardError(`${doing}: it ${how}`, {
    code: status === null ? 'command/killed' : 'command/failed',
    remedy: 'try-again',
    cause: said.lines.length === 0 ? undefined : said,
  });
}

/** Settles when the command has ended, its group with it, and its pipes are read. */
function ended(child: Child, about: CommandAbout, doing: string): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(notStarted(cause, about, doing)));
    child.once('exit', () => {
      endGroup(child.pid, 'SIGKILL');
      const cancel = (about.clock ?? systemClock).after(pipesCloseMs, () => {
        child.stdout.destroy();
        child.stderr.destroy();
      });
      child.once('close', cancel);
    });
    child.once('close', (status, signal) => resolve({ status, signal }));
    child.stdin?.once('error', (cause: NodeJS.ErrnoException) => {
      // A command that ends before it has read all of its input says so by its status.
      if (cause.code !== 'EPIPE') reject(cause);
    });
    child.stdin?.end(about.input);
  });
}

const graceMs = 2000;

/** Ends the group when the signal aborts, the time is over or somebody says so; the first reason is the one that is told. */
function stopper(child: Child, about: CommandAbout, doing: string) {
  const clock = about.clock ?? systemClock;
  let why: WizardError | undefined;
  let cancelKill: (() => void) | undefined;
  const now = (because: WizardError): void => {
    if (why) return;
    why = because;
    endGroup(child.pid, 'SIGTERM');
    cancelKill = clock.after(graceMs, () => endGroup(child.pid, 'SIGKILL'));
  };
  const onAbort = (): void => now(aborted(doing));
  about.signal?.addEventListener('abort', onAbort, { once: true });
  const cancelLimit = clock.after(about.timeLimitMs, () => now(timedOut(doing, about.timeLimitMs)));
  const release = (): void => {
    about.signal?.removeEventListener('abort', onAbort);
    cancelLimit();
    cancelKill?.();
  };
  return { now, why: () => why, release };
}

function notStarted(cause: NodeJS.ErrnoException, about: CommandAbout, doing: string): WizardError {
  const noFolder = about.cwd !== undefined && !existsSync(about.cwd);
  if (cause.code !== 'ENOENT' || noFolder)
    return new WizardError(`${doing}: it could not be started`, {
      code: 'command/not-started',
      remedy: 'try-again',
      cause,
    });
  return new WizardError(`${doing}: the program is not on this machine`, {
    code: 'command/not-found',
    remedy: 'fix-setup',
    hint: 'Install the program, or put its directory into the PATH of the server.',
    cause,
  });
}

const aborted = (doing: string): WizardError =>
  new WizardError(`${doing}: stopped`, { code: 'command/aborted', remedy: 'try-again' });
const timedOut = (doing: string, limitMs: number): WizardError =>
  new WizardError(`${doing}: not done within ${limitMs} ms`, { code: 'command/timed-out', remedy: 'try-again' });
const tooMuch = (doing: string): WizardError =>
  new WizardError(`${doing}: more output than expected`, { code: 'command/too-much-output', remedy: 'change-input' });
