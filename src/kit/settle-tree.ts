import { open, readdir, readlink } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { WizardError } from '../domain/wizard-error.ts';
import { runCommand } from './run-command.ts';
import { syncDirectory } from './write-whole.ts';

const filesAtOnce = 16;

/**
 * Makes a tree fit to be copied from for good: refuses symbolic links that lead out of it (a copy would write into what it was copied
 * from), writes all of it to the disk and takes away the right to write. Answers what it holds.
 */
export async function settleTree(root: string, signal: AbortSignal): Promise<{ bytes: number; files: number }> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  let bytes = 0;
  const settle = async (entry: (typeof entries)[number]): Promise<void> => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) return refuseWayOut(root, path, entry.parentPath);
    if (entry.isDirectory()) return syncDirectory(path);
    if (entry.isFile()) bytes += await syncFile(path);
  };
  for (let at = 0; at < entries.length; at += filesAtOnce) {
    signal.throwIfAborted();
    await Promise.all(entries.slice(at, at + filesAtOnce).map(settle));
  }
  await syncDirectory(root);
  await runCommand(['chmod', '-R', 'a-w', '--', root], { signal, timeLimitMs: 10 * 60_000 });
  return { bytes, files: entries.filter((entry) => entry.isFile()).length };
}

async function syncFile(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function refuseWayOut(root: string, link: string, parent: string): Promise<void> {
  const target = await readlink(link);
  const within = relative(root, resolve(parent, target));
  if (!isAbsolute(target) && within !== '..' && !within.startsWith('../')) return;
  throw new WizardError(`checking the data: the link ${relative(root, link)} leads out of its directory`, {
    code: 'data/link-leads-out',
    remedy: 'fix-setup',
    hint: 'Let the load command make relative links that stay inside, or files instead.',
  });
}
