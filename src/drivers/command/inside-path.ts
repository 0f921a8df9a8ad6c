import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/**
 * The place of `path` below `directory`, following no symbolic link out of it; the last part may itself be a link or missing.
 * `undefined`: it would lie outside, or what it would lie in is not there.
 */
export async function insidePath(directory: string, path: string): Promise<string | undefined> {
  if (isAbsolute(path) || path.includes('\0')) return undefined;
  const place = join(directory, path);
  if (!isBelow(directory, place)) return undefined;
  const [root, parent] = await Promise.all([realOrMissing(directory), realOrMissing(dirname(place))]);
  if (root === undefined || parent === undefined) return undefined;
  return parent === root || isBelow(root, parent) ? place : undefined;
}

function isBelow(directory: string, path: string): boolean {
  const steps = relative(directory, path);
  return steps !== '' && steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}

async function realOrMissing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
