import { existsSync, watch } from 'node:fs';
import { unlessAborted } from '../../kit/one-at-a-time.ts';
import type { Clock } from '../../ports/clock.ts';

export interface ServingAbout<T> {
  /** Where its socket will be. */
  readonly run: string;
  readonly socket: string;
  /** Rejects while it does not serve yet. */
  readonly attempt: () => Promise<T>;
  readonly isNotYet: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Between a socket's being there and its server's listening there is no event. */
const closelyMs = 3;
/** Should the file system not tell of a new socket. */
const seldomMs = 100;

/** Resolves as soon as the server serves: its socket appears, and then it is asked every few milliseconds. */
export async function untilServing<T>({ run, socket, attempt, isNotYet, clock, signal }: ServingAbout<T>): Promise<T> {
  let wake = (): void => undefined;
  const watcher = watch(run, () => wake());
  watcher.on('error', () => wake());
  try {
    for (;;) {
      const next = new Promise<void>((resolve) => {
        wake = resolve;
      });
      signal.throwIfAborted();
      try {
        return await unlessAborted(attempt(), signal);
      } catch (error) {
        if (signal.aborted || !isNotYet(error)) throw error;
      }
      const cancel = clock.after(existsSync(socket) ? closelyMs : seldomMs, () => wake());
      await unlessAborted(next, signal).finally(cancel);
    }
  } finally {
    watcher.close();
  }
}
