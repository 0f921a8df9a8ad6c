import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What an unfinished write is called; one that is found at start was left by a kill and may go. */
export const unfinishedPrefix = '.writing-';

/** Writes a file whole or not at all, and so that it survives a power cut once this answers. */
export async function writeWhole(path: string, text: string, mode = 0o666): Promise<void> {
  const unfinished = join(dirname(path), `${unfinishedPrefix}${basename(path)}-${randomBytes(4).toString('hex')}`);
  try {
    const file = await open(unfinished, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the names in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
