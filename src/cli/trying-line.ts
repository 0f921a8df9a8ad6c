import type { Watch } from '../config/check-line.ts';
import { durationText } from '../domain/duration-text.ts';
import { oneLine } from '../domain/plain-text.ts';
import type { Terminal } from './terminal.ts';
import { fitText } from './text-width.ts';

const patienceMs = 1_000;
const everyMs = 200;
const clearLine = '\r\u001b[2K';

/**
 * Shows a person what has been tried for longer than a second and is not known yet, on one line, with the time of the longest; leaves
 * the terminal as it was found.
 */
export async function whileTrying<T>(terminal: Terminal, work: (watch: Watch) => Promise<T>): Promise<T> {
  const begun = new Set<{ readonly what: string; readonly since: number }>();
  let drawn = false;
  let cancel = (): void => undefined;
  const clear = (): void => {
    if (drawn) terminal.err(clearLine);
    drawn = false;
  };
  const draw = (): void => {
    const slow = [...begun].filter(({ since }) => terminal.now() - since >= patienceMs);
    clear();
    if (slow.length > 0) {
      const spent = durationText(terminal.now() - Math.min(...slow.map(({ since }) => since)));
      const text = `▸ ${spent}: still trying ${slow.map(({ what }) => oneLine(what, 200)).join(', ')}`;
      terminal.err(terminal.paintErr('cyan', fitText(text, terminal.columns - 1)));
      drawn = true;
    }
    cancel = terminal.after(everyMs, draw);
  };
  if (terminal.interactive) draw();
  try {
    return await work(async (what, attempt) => {
      const one = { what, since: terminal.now() };
      begun.add(one);
      try {
        return await attempt();
      } finally {
        begun.delete(one);
      }
    });
  } finally {
    cancel();
    clear();
  }
}
