import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import { removeTree } from '../../kit/remove-tree.ts';
import { runCommand } from '../../kit/run-command.ts';
import { readIfThere } from '../../kit/supervised-run/run-files.ts';
import { insidePath } from './inside-path.ts';

/** What steps made, by the key of what they were made from. */
export interface StepCache {
  /** Brings back what was kept; false when nothing was, or not all of it can be placed. */
  restore(key: string, directory: string, keep: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** Keeps it. When it answers with a reason, nothing is kept. */
  save(key: string, directory: string, keep: readonly string[]): Promise<string | undefined>;
}

export interface StepCacheOptions {
  readonly root: string;
  /** What all entries may take; the least recently used go first, and one that is larger is not kept. */
  readonly maxBytes: number;
  /** Wall clock, milliseconds: when an entry was last used. */
  readonly now: () => number;
}

const copyLimitMs = 10 * 60_000;
const unfinished = '.saving-';
/** Beside what is kept, which is numbered: how many bytes that takes. */
const sizeFile = 'bytes';

export function stepCache({ root, maxBytes, now }: StepCacheOptions): StepCache {
  const opened = open(root);
  // Restore and save wait for it and throw what it threw; this only keeps it from ending the process first.
  opened.catch(() => undefined);
  // Two that prune at once would take away the same entries.
  const pruning = oneAtATime();
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
          if (place === undefined || !(await isThere(place))) return `there is no ${path}`;
          await copy(place, join(part, String(index)), new AbortController().signal);
        }
        const bytes = await measure(part);
        if (bytes > maxBytes) return `it takes ${inMb(bytes)}, and all that is kept may take ${inMb(maxBytes)}`;
        await writeFile(join(part, sizeFile), String(bytes));
        await utimes(part, now() / 1000, now() / 1000);
        await renameUnlessThere(part, entry);
      } finally {
        await removeTree(part);
      }
      await pruning(root, new AbortController().signal, () => prune(root, maxBytes));
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

async function prune(root: string, maxBytes: number): Promise<void> {
  const names = (await readdir(root)).filter((name) => !name.startsWith('.'));
  const entries = await Promise.all(
    names.map(async (name) => ({
      name,
      usedAt: (await stat(join(root, name))).mtimeMs,
      bytes: await bytesOf(root, name),
    })),
  );
  let kept = 0;
  for (const { name, bytes } of entries.sort((a, b) => b.usedAt - a.usedAt)) {
    kept += bytes;
    if (kept <= maxBytes) continue;
    const away = join(root, `${unfinished}${randomBytes(4).toString('hex')}`);
    await rename(join(root, name), away);
    await removeTree(away);
  }
}

async function bytesOf(root: string, name: string): Promise<number> {
  const known = Number(await readIfThere(join(root, name, sizeFile)));
  return known > 0 ? known : measure(join(root, name));
}

/** What it takes on the disk; blocks that are shared with others are counted as if they were not. */
async function measure(path: string): Promise<number> {
  const about = { doing: 'measuring what a step made', timeLimitMs: copyLimitMs };
  const { stdout } = await runCommand(['du', '-sk', '--', path], about);
  return Number.parseInt(stdout, 10) * 1024;
}

const inMb = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`;

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
