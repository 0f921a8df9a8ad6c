import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../../kit/remove-tree.ts';
import { runCommand } from '../../kit/run-command.ts';
import { insidePath } from './inside-path.ts';

/** What steps made, by the key of what they were made from. */
export interface StepCache {
  /** Brings back what was kept; false when nothing was, or not all of it can be placed. */
  restore(key: string, directory: string, keep: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** Keeps it; the answer says what was missing, if so nothing is kept. */
  save(key: string, directory: string, keep: readonly string[]): Promise<string | undefined>;
}

export interface StepCacheOptions {
  readonly root: string;
  /** Of these the least recently used go first. */
  readonly maxEntries: number;
  /** Wall clock, milliseconds: when an entry was last used. */
  readonly now: () => number;
}

const copyLimitMs = 10 * 60_000;
const unfinished = '.saving-';

export function stepCache({ root, maxEntries, now }: StepCacheOptions): StepCache {
  const opened = open(root);
  // Restore and save wait for it and throw what it threw; this only keeps it from ending the process first.
  opened.catch(() => undefined);
  return {
    async restore(key, directory, keep, signal) {
      await opened;
      const entry = join(root, key);
      if (!(await isDirectory(entry))) return false;
      await utimes(entry, now() / 1000, now() / 1000);
      for (const [index, path] of keep.entries()) {
        const place = await insidePath(directory, path);
        if (place === undefined) return false;
        const part = `${place}.wizard-${randomBytes(4).toString('hex')}`;
        try {
          await copy(join(entry, String(index)), part, signal);
          await removeTree(place);
          await rename(part, place);
        } finally {
          await removeTree(part);
        }
      }
      return true;
    },
    async save(key, directory, keep) {
      await opened;
      const entry = join(root, key);
      if (await isDirectory(entry)) return undefined;
      const part = join(root, `${unfinished}${randomBytes(4).toString('hex')}`);
      await mkdir(part);
      try {
        for (const [index, path] of keep.entries()) {
          const place = await insidePath(directory, path);
          if (place === undefined || !(await isThere(place))) return path;
          await copy(place, join(part, String(index)), new AbortController().signal);
        }
        await utimes(part, now() / 1000, now() / 1000);
        await renameUnlessThere(part, entry);
      } finally {
        await removeTree(part);
      }
      await prune(root, maxEntries);
      return undefined;
    },
  };
}

async function open(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await readdir(root)) if (name.startsWith(unfinished)) await removeTree(join(root, name));
}

/** Shares the blocks where the file system can, and copies where it cannot; links stay links. */
async function copy(from: string, to: string, signal: AbortSignal): Promise<void> {
  const about = { doing: 'copying what a step made', timeLimitMs: copyLimitMs, signal };
  const shared = await runCommand(['cp', '-a', '--reflink=auto', '--', from, to], { ...about, allow: () => true });
  if (shared.status === 0) return;
  // A `cp` that knows no --reflink stops before it has made anything.
  await removeTree(to);
  await runCommand(['cp', '-a', '--', from, to], about);
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // Another build of the same was faster.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

async function prune(root: string, maxEntries: number): Promise<void> {
  const names = (await readdir(root)).filter((name) => !name.startsWith('.'));
  const aged = await Promise.all(names.map(async (name) => ({ name, usedAt: (await stat(join(root, name))).mtimeMs })));
  const old = aged.sort((a, b) => b.usedAt - a.usedAt).slice(maxEntries);
  for (const { name } of old) {
    const away = join(root, `${unfinished}${randomBytes(4).toString('hex')}`);
    await rename(join(root, name), away);
    await removeTree(away);
  }
}

const isDirectory = async (path: string): Promise<boolean> => (await kindOf(path)) === 'directory';
const isThere = async (path: string): Promise<boolean> => (await kindOf(path)) !== undefined;

async function kindOf(path: string): Promise<'directory' | 'other' | undefined> {
  try {
    return (await lstat(path)).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
