import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { WizardError } from '../../domain/wizard-error.ts';
import { CommandOutput, lastLines } from '../command-output.ts';
import { endGroup } from '../end-group.ts';
import { keepBytes } from '../keep-bytes.ts';
import { plainEnvironment } from '../run-command.ts';

export interface CommandCall {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface OpenCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** When the program was seen to end, before all it said was read; `undefined` while it runs. By `performance.now()`. */
  readonly endedAt: () => number | undefined;
  /** Rejects with its last lines when it ends with anything but 0. */
  readonly ended: Promise<void>;
  /** Ends it and all it started. */
  stop(): void;
}

/**
 * A program whose input and output are streams. What it says on the error output goes to `say` and, at the end, into the error; each line
 * through `clean` before.
 */
export function openCommand(
  call: CommandCall,
  doing: string,
  say: (text: string) => void,
  clean: (line: string) => string = (line) => line,
): OpenCommand {
  const [program = '', ...args] = call.argv;
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(program, args, {
    env: { ...plainEnvironment(), ...call.env },
    ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const said = keepBytes(64 * 1024);
  let endedAt: number | undefined;
  const hear = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    const text = lines.map((line) => `${clean(line)}\n`).join('');
    said.add(Buffer.from(text));
    say(text);
  };
  let half = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    const lines = `${half}${piece}`.split('\n');
    half = lines.pop() ?? '';
    hear(lines);
  });
  child.stderr.once('end', () => hear(half === '' ? [] : [half]));
  child.once('exit', () => {
    endedAt = performance.now();
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new WizardError(`${doing}: it could not be started`, {
          code: 'command/not-started',
          remedy: 'try-again',
          cause,
        }),
      ),
    );
    child.once('close', (status, signal) => {
      if (status === 0) return resolve();
      const how = status === null ? `was ended by ${signal ?? 'a signal'}` : `ended with status ${status}`;
      const lines = lastLines(said.text());
      const cause = lines.length === 0 ? {} : { cause: new CommandOutput(lines) };
      reject(new WizardError(`${doing}: it ${how}`, { code: 'command/failed', remedy: 'try-again', ...cause }));
    });
  });
  // Whoever awaits it is told; until then it must not count as nobody's.
  ended.catch(() => undefined);
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    endedAt: () => endedAt,
    ended,
    stop: () => endGroup(child.pid, 'SIGKILL'),
  };
}
