import { lstat } from 'node:fs/promises';

/** What is at a path itself; a symbolic link is `other`, whatever it leads to. */
export async function pathKind(path: string): Promise<'missing' | 'directory' | 'file' | 'other'> {
  const stats = await orMissing(lstat(path));
  if (!stats) return 'missing';
  if (stats.isDirectory()) return 'directory';
  return stats.isFile() ? 'file' : 'other';
}

/** The answer of a file operation, or `undefined` when the path is not there; any other failure is thrown. */
export async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
