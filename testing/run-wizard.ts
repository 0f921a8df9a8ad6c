import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningWizard {
  readonly ended: Promise<Ran>;
  /** Everything printed so far. */
  readonly printed: { out: string; err: string };
  /** Resolves when the output or the errors match; rejects when the command ends without. */
  until(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

const wizard = fileURLToPath(new URL('../bin/wizard.js', import.meta.url));

/** Starts the command line as a process of its own, without a terminal and with nothing of our environment but PATH. */
export function startWizard(
  words: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; detached?: boolean } = {},
): RunningWizard {
  const child = spawn(process.execPath, [wizard, ...words], {
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    detached: options.detached ?? false,
  });
  const printed = { out: '', err: '' };
  const waiting = new Set<() => void>();
  const heard = (stream: 'out' | 'err') => (text: string) => {
    printed[stream] += text;
    for (const look of waiting) look();
  };
  child.stdout.setEncoding('utf8').on('data', heard('out'));
  child.stderr.setEncoding('utf8').on('data', heard('err'));
  const ended = once(child, 'close').then(([code]): Ran => ({ code: code as number | null, ...printed }));
  return {
    ended,
    printed,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(printed.out + printed.err)) resolve();
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended without ${pattern}: ${printed.out}${printed.err}`)));
      }),
    kill: (signal) => child.kill(signal),
  };
}

export const runWizard = (...given: Parameters<typeof startWizard>): Promise<Ran> => startWizard(...given).ended;
