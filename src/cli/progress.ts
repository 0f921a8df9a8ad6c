import type { Detail, StepReply, TimelineReply } from '../api/contract.ts';
import { durationText } from '../domain/duration-text.ts';
import { oneLine } from '../domain/plain-text.ts';
import { stepLine } from './step-line.ts';
import type { Terminal } from './terminal.ts';
import { fitText } from './text-width.ts';
import type { Goal } from './wait-for.ts';

/** Shows how a request gets on: a line for each step that changes, and for a person a line below that moves. */
export interface Progress {
  show(environment: Detail): void;
  happened(entry: TimelineReply): void;
  /** Leaves the terminal as it was found. */
  end(): void;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const clearLine = '\r\u001b[2K';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

export function createProgress(terminal: Terminal, goal: Goal): Progress {
  const startedAt = terminal.now();
  const told = new Map<string, string>();
  let frame = 0;
  let below = '';
  const line = (text: string): void => terminal.err(`${terminal.interactive ? clearLine : ''}${text}\n`);
  const draw = (): void => {
    if (!terminal.interactive) return;
    const spent = durationText(terminal.now() - startedAt);
    const text = fitText(`${below || 'Asked the server'} (${spent})`, terminal.columns - 3);
    terminal.err(`${clearLine}${terminal.paintErr('cyan', frames[frame++ % frames.length] ?? '')} ${text}`);
  };
  if (terminal.interactive) terminal.err(hideCursor);
  const timer = terminal.interactive ? setInterval(draw, frameMs) : undefined;
  return {
    show(environment) {
      for (const step of environment.steps) {
        const state = `${step.state} ${step.generation ?? ''}`;
        const before = told.get(step.role);
        told.set(step.role, state);
        // What was there before and did not change is no progress.
        if (before !== state && (before !== undefined || step.state !== 'done'))
          line(stepLine(step, terminal.paintErr));
      }
      for (const role of told.keys()) {
        if (!environment.steps.some((step) => step.role === role)) told.delete(role);
      }
      below = doingNow(environment, goal);
      draw();
    },
    happened(entry) {
      if (entry.what === 'phase' || entry.what === 'request' || entry.what === 'gone') {
        line(terminal.paintErr('dim', `  ${oneLine(entry.about, 40)}: ${oneLine(entry.message, 200)}`));
      }
    },
    end() {
      clearInterval(timer);
      if (terminal.interactive) terminal.err(`${clearLine}${showCursor}`);
    },
  };
}

/** What goes on now, in a few words. */
function doingNow(environment: Detail, goal: Goal): string {
  const busy = environment.steps.filter(({ state }) => state === (goal === 'gone' ? 'leaving' : 'working'));
  const names = busy.map((step: StepReply) => step.name).join(', ');
  const left = environment.remainingMs === undefined ? '' : `, about ${durationText(environment.remainingMs)} left`;
  const doing = goal === 'gone' ? 'Taking away' : 'Making live';
  return `${doing} ${environment.id}${names === '' ? '' : `: ${oneLine(names, 60)}`}${left}`;
}
