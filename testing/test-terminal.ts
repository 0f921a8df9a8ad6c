import { paintWith } from '../src/cli/paint.ts';
import type { Terminal } from '../src/cli/terminal.ts';
import { systemClock } from '../src/kit/clock.ts';

/** A terminal with a person before it, 80 columns wide and without colours, who answers nothing; and what was printed on it. */
export function testTerminal(over: Partial<Terminal> = {}) {
  const seen = { out: '', err: '' };
  const terminal: Terminal = {
    out: (text) => {
      seen.out += text;
    },
    err: (text) => {
      seen.err += text;
    },
    interactive: true,
    columns: 80,
    paint: paintWith(false),
    paintErr: paintWith(false),
    env: {},
    signal: new AbortController().signal,
    ask: async () => '',
    now: systemClock.now,
    after: systemClock.after,
    ...over,
  };
  return { terminal, seen };
}
