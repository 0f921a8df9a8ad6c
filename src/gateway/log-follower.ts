import type { EnvironmentId } from '../domain/claim.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import { shownLines, workingStep } from './live-page-parts.ts';
import { stepTitle } from './live-words.ts';
import { lastLinesOf, plainLog } from './plain-log.ts';

/** New lines of the log of the step that works now. `fresh`: they replace what was shown. */
export interface LogNews {
  readonly title: string;
  readonly text: string;
  readonly fresh: boolean;
}

/** As much as the page shows; of a longer log only the end is sent. */
const shownCharacters = 64 * 1024;
/** A line that does not end is shown all the same from this length on. */
const longestLine = 4 * 1024;

/** Follows whichever step works; each call answers what came since the last one. Only whole lines, so that colours are not cut. */
export function logFollower(
  views: Pick<Views, 'readLog'>,
  environment: EnvironmentId,
): (view: EnvironmentView, signal: AbortSignal) => Promise<LogNews | undefined> {
  let role: string | undefined;
  let at = 0;
  let rest = '';
  let isShown = false;

  /** Whole lines since the last time; `undefined` when this step keeps no log. */
  const readOn = async (from: string, signal: AbortSignal): Promise<string | undefined> => {
    let piece = await views.readLog(environment, from, at, signal);
    if (!piece) return undefined;
    while (piece && piece.next !== at) {
      at = piece.next;
      rest = (rest + piece.text).slice(-shownCharacters);
      piece = await views.readLog(environment, from, at, signal);
    }
    const end = rest.length > longestLine && !rest.includes('\n') ? rest.length : rest.lastIndexOf('\n') + 1;
    const text = plainLog(rest.slice(0, end));
    rest = rest.slice(end);
    return text;
  };
  return async (view, signal) => {
    const step = workingStep(view);
    if (!step) return undefined;
    const isFirst = role === undefined;
    const isNew = step.role !== role;
    if (isNew) [role, at, rest, isShown] = [step.role, 0, '', false];
    const read = await readOn(step.role, signal);
    const text = read ?? (isNew ? lastLinesOf(step.lastLines.join('\n'), shownLines).join('\n') : '');
    // At first the page shows what it came with; an empty log is no reason to take that away.
    if (text === '' && (!isNew || isFirst)) return undefined;
    const fresh = !isShown;
    isShown = true;
    return { title: stepTitle(step), text, fresh };
  };
}
