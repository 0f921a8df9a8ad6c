import type { EnvironmentId } from '../domain/claim.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import type { StreamEvent } from './event-stream.ts';

/** One log must not keep the others and the news waiting. */
const mostPiecesAtOnce = 16;

/** Reads on in the logs of the steps that work, and once more when one stopped working, so its last words are not lost. */
export function createLogFollower(views: Views, id: EnvironmentId, ends: AbortSignal) {
  const offsets = new Map<string, number>();
  let working = new Set<string>();
  return {
    /** Whether some log may grow. */
    following: (): boolean => working.size > 0,
    async *read(view: EnvironmentView): AsyncGenerator<StreamEvent> {
      const before = working;
      working = new Set(view.steps.filter(({ state }) => state === 'working').map(({ role }) => role));
      for (const { name, role } of view.steps) {
        if (!working.has(role) && !before.has(role)) continue;
        for (let piece = 0; piece < mostPiecesAtOnce && !ends.aborted; piece++) {
          const from = offsets.get(role) ?? 0;
          const read = await views.readLog(id, role, from, ends);
          if (read === undefined || read.text === '') break;
          offsets.set(role, read.next);
          yield { event: 'log', data: { step: name, role, from, text: read.text, next: read.next } };
        }
      }
    },
  };
}
