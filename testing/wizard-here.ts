import { paintWith } from '../src/cli/paint.ts';
import { run } from '../src/cli/run.ts';
import type { Terminal } from '../src/cli/terminal.ts';
import { systemClock } from '../src/kit/clock.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Ran, RunningWizard } from './run-wizard.ts';

/** Runs the command line within this process: all of it but its beginning in main.ts, which the tests with processes see to. */
export function wizardHere(
  words: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly clock?: Clock },
): RunningWizard {
  const { env, clock = systemClock } = options;
  const stop = new AbortController();
  const printed = { out: '', err: '' };
  const waiting = new Set<() => void>();
  const heard = (stream: 'out' | 'err') => (text: string) => {
    printed[stream] += text;
    for (const look of waiting) look();
  };
  const terminal: Terminal = {
    out: heard('out'),
    err: heard('err'),
    interactive: false,
    columns: 80,
    paint: paintWith(false),
    paintErr: paintWith(false),
    env,
    signal: stop.signal,
    ask: () => Promise.reject(new Error('nobody sits at this terminal')),
    now: clock.now,
    after: clock.after,
  };
  const ended = run(words, '0.0.0', terminal).then((code): Ran => ({ code, ...printed }));
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
    kill: (signal) => stop.abort(new Error(`stopped by ${signal}`)),
  };
}
