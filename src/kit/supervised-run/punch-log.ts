import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../domain/wizard-error.ts';
import { runCommand } from '../run-command.ts';
import { readIfThere, runFiles } from './run-files.ts';

/** Folders on whose file system the front of a file cannot be given back. */
const refusing = new Set<string>();

/** How many bytes of `log` are dropped at its front: in their place is a hole. */
export const punchedBytes = async (directory: string): Promise<number> =>
  Number((await readIfThere(runFiles(directory).logStart)) ?? 0);

/**
 * Gives back the room of all but the newest `keepBytes` of `log`, once it holds twice as much. The file stays, and so does every offset in
 * it: nothing is lost, however fast the program writes. `refused`: this file system or machine cannot do that.
 */
export async function punchLog(directory: string, keepBytes: number): Promise<'cut' | 'small' | 'refused'> {
  const place = dirname(directory);
  if (refusing.has(place)) return 'refused';
  const { log } = runFiles(directory);
  const { size } = await stat(log);
  if (size - (await punchedBytes(directory)) <= 2 * keepBytes) return 'small';
  const start = size - keepBytes;
  // Before the hole: if we die between the two, the next one is made from the beginning again.
  notePunched(directory, start);
  try {
    const range = ['--offset', '0', '--length', String(start)];
    await runCommand(['fallocate', '--punch-hole', ...range, '--', log], { timeLimitMs: 60_000 });
    return 'cut';
  } catch (error) {
    if (!['command/failed', 'command/not-found'].includes(codeOf(error))) throw error;
    refusing.add(place);
    return 'refused';
  }
}

/** In place and always as long, so that it is whole whenever it is read, and needs no more room on a full disk. */
export function notePunched(directory: string, bytes: number): void {
  const file = openSync(runFiles(directory).logStart, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    writeSync(file, String(bytes).padStart(20, '0'), 0);
  } finally {
    closeSync(file);
  }
}
