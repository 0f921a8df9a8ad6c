import type { EnvironmentId } from '../domain/claim.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import { workingStep } from './live-page-parts.ts';
import { stepTitle } from './live-words.ts';
import { plainLog } from './plain-log.ts';

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
  return async (view, signal) => {
    const step = workingStep(view);
    if (!step) return undefined;
    const fresh = step.role !== role;
    if (fresh) [role, at, rest] = [step.role, 0, ''];
    for (;;) {
      const piece = await views.readLog(environment, step.role, at, signal);
      if (!piece || piece.next === at) break;
      at = piece.next;
      rest = (rest + piece.text).slice(-shownCharacters);
    }
    const end = rest.length > longestLine && !rest.includes('\n') ? rest.length : rest.lastIndexOf('\n') + 1;
    const text = plainLog(rest.slice(0, end));
    rest = rest.slice(end);
    return text === '' && !fresh ? undefined : { title: stepTitle(step), text, fresh };
  };
}
