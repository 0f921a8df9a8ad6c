import { setTimeout as pause } from 'node:timers/promises';
import { type BakeLogReply, bakeLogPiece } from '../api/data-contract.ts';
import { codeOf } from '../domain/wizard-error.ts';
import { type Client, interrupted } from './client.ts';
import { dataPath } from './data-words.ts';

const everyMs = 300;
/** While the server restarts. */
const patienceMs = 60_000;

export interface BakePlace {
  readonly source: string;
  /** Missing: the newest. */
  readonly bake?: string;
}

/** What a bake says, from its beginning until it has ended. */
export async function* followBake(
  client: Client,
  { source, bake }: BakePlace,
  signal: AbortSignal,
): AsyncGenerator<BakeLogReply> {
  let id = bake;
  let from = 0;
  let goodAt = performance.now();
  for (;;) {
    try {
      const query = new URLSearchParams({ from: String(from), ...(id === undefined ? {} : { bake: id }) });
      const piece = await client.get(bakeLogPiece, dataPath(source, `/log?${query}`));
      goodAt = performance.now();
      [id, from] = [piece.bake, piece.next];
      yield piece;
      if (piece.ended) return;
      if (piece.text === '') await rest(signal);
    } catch (error) {
      const passing =
        codeOf(error) === 'cli/cannot-reach' || (codeOf(error) === 'request/unknown-log' && bake !== undefined);
      if (signal.aborted || !passing || performance.now() - goodAt > patienceMs) throw error;
      await rest(signal);
    }
  }
}

const rest = (signal: AbortSignal): Promise<void> =>
  pause(everyMs, undefined, { signal }).catch(() => {
    throw interrupted();
  });
