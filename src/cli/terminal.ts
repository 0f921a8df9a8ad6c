import { createInterface } from 'node:readline/promises';
import type { Writable } from 'node:stream';
import { systemClock } from '../kit/clock.ts';
import { type Paint, paintWith } from './paint.ts';

/** Where a command writes, and what it knows of who reads. Results go to `out`, all else (progress, questions, errors) to `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** A person sits at it, so lines may be redrawn and questions asked. */
  readonly interactive: boolean;
  readonly columns: number;
  readonly paint: Paint;
  readonly paintErr: Paint;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts with Ctrl-C. */
  readonly signal: AbortSignal;
  /** Asks a person; the answer without spaces around it. */
  ask(question: string): Promise<string>;
  now(): number;
  /** Calls back once after `ms`; the answer cancels it. */
  after(ms: number, then: () => void): () => void;
}

/** The terminal of this process. */
export function processTerminal(signal: AbortSignal): Terminal {
  const { stdout, stderr, stdin, env } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive: stdin.isTTY === true && stderr.isTTY === true && env['TERM'] !== 'dumb',
    columns: Math.max(40, stdout.isTTY ? stdout.columns : 80),
    paint: paintWith(wantsColour(stdout, env)),
    paintErr: paintWith(wantsColour(stderr, env)),
    env,
    signal,
    now: systemClock.now,
    after: systemClock.after,
    async ask(question) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return (await lines.question(question, { signal })).trim();
      } finally {
        lines.close();
      }
    },
  };
}

/** `NO_COLOR` wins over all, `FORCE_COLOR` over what the stream is. */
function wantsColour(stream: Writable & { readonly isTTY?: boolean }, env: Terminal['env']): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
