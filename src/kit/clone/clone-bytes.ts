import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../domain/wizard-error.ts';
import type { CopyHow } from '../copy-tree.ts';
import { runCommand } from '../run-command.ts';
import type { CloneMethod } from './clone-method.ts';

export interface CloneBytes {
  /** What would be free if it were gone. */
  readonly own: number;
  /** `extents`: the file system said which blocks are shared. `files`: it cannot; all that lies in the clone's folder counts. */
  readonly counted: 'extents' | 'files';
}

const limitMs = 120_000;

/** Room that a clone takes for itself, on a disk in memory too. */
export async function cloneBytes(folder: string, method: CloneMethod): Promise<CloneBytes> {
  const shares = method === 'reflink' || method === 'snapshot';
  const own = shares ? await unsharedBytes(join(folder, 'data')) : undefined;
  if (own !== undefined) return { own, counted: 'extents' };
  // What is laid over a golden copy shows all of that, and lies in a folder beside.
  return allBytes(folder, method === 'overlay' ? ['-x'] : []);
}

/** The same of a folder of files. */
export async function copyBytes(folder: string, how: CopyHow): Promise<CloneBytes> {
  const own = how === 'reflink' ? await unsharedBytes(folder) : undefined;
  return own === undefined ? allBytes(folder, []) : { own, counted: 'extents' };
}

async function allBytes(folder: string, within: readonly string[]): Promise<CloneBytes> {
  const { stdout } = await runCommand(['du', '-s', '-B1', ...within, '--', folder], {
    timeLimitMs: limitMs,
    allow: () => true,
  });
  return { own: Number.parseInt(stdout, 10) || 0, counted: 'files' };
}

/** `undefined` where the machine has no program that shows extents. */
async function unsharedBytes(folder: string): Promise<number | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  let bytes = 0;
  for (let at = 0; at < files.length; at += 500) {
    const argv = ['filefrag', '-v', '-b1', '--', ...files.slice(at, at + 500)];
    try {
      // A file that went away since is no fault.
      const { stdout } = await runCommand(argv, {
        timeLimitMs: limitMs,
        allow: () => true,
        maxOutputBytes: 256 * 1024 ** 2,
      });
      bytes += unsharedOf(stdout);
    } catch (error) {
      if (codeOf(error) === 'command/not-found') return undefined;
      throw error;
    }
  }
  return bytes;
}

/** `   0:        0..   16383:     98304..    114687:  16384:             last,shared,eof` with numbers in bytes. */
export function unsharedOf(listing: string): number {
  let bytes = 0;
  for (const line of listing.split('\n')) {
    const match = /^\s*\d+:\s*\d+\.\.\s*\d+:\s*\d+\.\.\s*\d+:\s*(\d+):(.*)$/.exec(line);
    if (match?.[1] && !/\bshared\b/.test(match[2] ?? '')) bytes += Number(match[1]);
  }
  return bytes;
}
