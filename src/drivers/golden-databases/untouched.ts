import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** All files below a folder, as paths from there. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Remembers the files of a new server: help texts and the like, in which nobody's data is as long as they are not written. */
export async function rememberFiles(folder: string): Promise<ReadonlyMap<string, number>> {
  const files = await filesBelow(folder);
  return new Map(await Promise.all(files.map(async (file) => [file, await changedAt(join(folder, file))] as const)));
}

/** The files that were not there before, or have been written since. A copy that keeps times counts as the folder itself. */
export async function changedFiles(folder: string, before: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const files = await filesBelow(folder);
  const changed = await Promise.all(
    files.map(async (file) => before.get(file) !== (await changedAt(join(folder, file)))),
  );
  return files.filter((_, index) => changed[index]);
}

const changedAt = async (path: string): Promise<number> => (await stat(path)).mtimeMs;
