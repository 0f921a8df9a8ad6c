import { once } from 'node:events';
import { describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import { shownLines, workingStep } from './live-page-parts.ts';
import { lastLinesOf } from './plain-log.ts';

/** A page does not wait longer than this for its log: what was read until then is what it brings. */
const longestMs = 500;
const shownCharacters = 64 * 1024;

/**
 * The last lines of the step that works, for a page whose reader may have no script to follow the log with. Empty when that step keeps no log, or
 * when it cannot be read: the page must come anyway. Whole lines only, so that colours are not cut.
 */
export async function broughtLog(
  { views, log, clock }: { readonly views: Pick<Views, 'readLog'>; readonly log: Log; readonly clock: Clock },
  view: EnvironmentView,
): Promise<readonly string[]> {
  const step = workingStep(view);
  if (!step) return [];
  const late = new AbortController();
  const lateness = once(late.signal, 'abort');
  const cancel = clock.after(longestMs, () => late.abort());
  let text = '';
  const read = async (): Promise<void> => {
    let at = 0;
    while (!late.signal.aborted) {
      const piece = await views.readLog(view.environment.id, step.role, at, late.signal);
      if (!piece || piece.next === at) return;
      at = piece.next;
      text = (text + piece.text).slice(-shownCharacters);
    }
  };
  const reading = read().catch((error: unknown) => {
    if (!late.signal.aborted) log.warn('gateway.log', { role: step.role, message: describeError(error) });
  });
  await Promise.race([reading, lateness]);
  cancel();
  return lastLinesOf(text.slice(0, text.lastIndexOf('\n') + 1), shownLines);
}
