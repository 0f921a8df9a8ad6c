import { appendFile, stat } from 'node:fs/promises';
import { orMissing } from '../../kit/path-kind.ts';
import { logFile } from '../../kit/supervised-run/run-files.ts';

/** A database that prints all night must not fill our disk. */
const mostBytes = 32 * 1024 * 1024;

export const logSize = async (directory: string): Promise<number> =>
  (await orMissing(stat(logFile(directory))))?.size ?? 0;

/** Our copy of a machine's log; pieces are written one after the other. */
export function logCopy(directory: string, startSize: number) {
  let size = startSize;
  let last: Promise<unknown> = Promise.resolve();
  let failure: unknown;
  return {
    add(piece: Buffer): void {
      if (size >= mostBytes) return;
      const kept = piece.subarray(0, mostBytes - size);
      size += kept.length;
      last = last
        .then(() => appendFile(logFile(directory), kept, { mode: 0o600 }))
        .catch((error: unknown) => {
          failure ??= error;
        });
    },
    /** Waits until all of it is written; throws when something was not. */
    async settled(): Promise<void> {
      await last;
      if (failure !== undefined) throw failure;
    },
    isFull: () => size >= mostBytes,
  };
}
