import { durationText } from '../domain/duration-text.ts';
import type { Terminal } from './terminal.ts';
import { fitText } from './text-width.ts';

const everyMs = 200;
const clearLine = '\r\u001b[2K';

/** Tells what is being done, a line each, and for a person how long the last has taken; leaves the terminal as it was found. */
export async function whileTelling<T>(
  terminal: Terminal,
  work: (say: (what: string) => void) => Promise<T>,
): Promise<T> {
  let doing = '';
  let since = terminal.now();
  let cancel = (): void => undefined;
  const draw = (): void => {
    const text = `▸ ${doing} (${durationText(terminal.now() - since)})`;
    if (doing !== '') terminal.err(`${clearLine}${terminal.paintErr('cyan', fitText(text, terminal.columns - 1))}`);
    cancel = terminal.after(everyMs, draw);
  };
  const done = (): void => {
    if (terminal.interactive && doing !== '') terminal.err(`${clearLine}`);
    if (doing !== '') terminal.err(terminal.paintErr('dim', `  ${doing} (${durationText(terminal.now() - since)})\n`));
    doing = '';
  };
  if (terminal.interactive) draw();
  try {
    return await work((what) => {
      done();
      [doing, since] = [what, terminal.now()];
    });
  } finally {
    cancel();
    done();
  }
}
