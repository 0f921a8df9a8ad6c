import { setTimeout as pause } from 'node:timers/promises';
import { type LogReply, logPiece } from '../api/contract.ts';
import { codeOf } from '../domain/wizard-error.ts';
import { environmentPath } from './api-command.ts';
import { type Client, interrupted } from './client.ts';

const everyMs = 400;
/** While the server restarts, or the step is made anew. */
const patienceMs = 60_000;

export interface LogPlace {
  readonly id: string;
  readonly step: string;
  readonly role: string;
  readonly from: number;
}

/** What a step writes from now on; when a new one takes its place, from that one's beginning. */
export async function* followLog(client: Client, place: LogPlace, signal: AbortSignal): AsyncGenerator<LogReply> {
  let { role, from } = place;
  let goodAt = performance.now();
  for (;;) {
    try {
      // By its name, not its role: so the answer says when another took its place.
      const path = environmentPath(place.id, `/steps/${encodeURIComponent(place.step)}/log?from=${from}`);
      const piece = await client.get(logPiece, path);
      goodAt = performance.now();
      if (piece.role !== role) {
        [role, from] = [piece.role, 0];
        continue;
      }
      from = piece.next;
      if (piece.text !== '') yield piece;
      else await rest(signal);
    } catch (error) {
      if (signal.aborted || !isPassing(error) || performance.now() - goodAt > patienceMs) throw error;
      await rest(signal);
    }
  }
}

const isPassing = (error: unknown): boolean =>
  ['cli/cannot-reach', 'request/unknown-step', 'request/unknown-log'].includes(codeOf(error));

const rest = (signal: AbortSignal): Promise<void> =>
  pause(everyMs, undefined, { signal }).catch(() => {
    throw interrupted();
  });
