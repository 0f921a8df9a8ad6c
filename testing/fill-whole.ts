import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const megabyte = 1024 ** 2;

/** Takes every block that a disk still gives, until it is closed. */
export function fillWhole(folder: string): { close(): void } {
  const path = join(folder, 'whole-filler');
  const { bavail, bsize } = statfsSync(folder);
  const most = Math.floor((bavail * bsize) / megabyte) - 8;
  if (most > 0) execFileSync('fallocate', ['-l', `${most}M`, path]);
  const file = openSync(path, 'a');
  try {
    for (const piece of [megabyte, 4096]) while (wrote(file, Buffer.alloc(piece, 1)));
  } finally {
    closeSync(file);
  }
  return { close: () => rmSync(path, { force: true }) };
}

/** False: there was no room for it. */
function wrote(file: number, piece: Buffer): boolean {
  try {
    return writeSync(file, piece) === piece.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
