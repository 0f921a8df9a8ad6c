import { chmodSync, constants, copyFileSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { copyFile, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';

export interface CopyFilesAbout {
  /** `reflink`: blocks are shared, and where that is not possible it fails rather than copy. */
  readonly how: 'reflink' | 'copy';
  readonly signal: AbortSignal;
  /** Paths of folders that are left out. */
  readonly without?: ReadonlySet<string>;
  /** Something starts meanwhile that wants processors too. */
  readonly isBeside?: boolean;
  /** The folder itself is there already, such as a mount. */
  readonly isThere?: boolean;
}

const copiesAtOnce = 16;
/** So long nothing else of ours is done. */
const sliceMs = 1;

/**
 * Makes `to` with all that is in `from`: owners and modes are kept, links stay links, sockets and pipes are left out. A link that leads
 * out of the tree is refused, since the copy would write through it.
 */
export async function copyFiles(from: string, to: string, about: CopyFilesAbout): Promise<void> {
  const { how, signal, without, isBeside = false, isThere = false } = about;
  const isRoot = process.getuid?.() === 0;
  const turn = turns(signal);
  const flag = how === 'reflink' ? constants.COPYFILE_FICLONE_FORCE : 0;
  // The thread pool shares the blocks of several files at once, and takes twice the processors' time for each.
  const inPlace = how === 'reflink' && isBeside;
  const files: string[] = [];
  const modes: [string, number][] = [];
  // Asked before the first byte is written, so that a folder which goes away meanwhile is an error and never a part.
  const walk = async (inner: string): Promise<void> => {
    await turn();
    const stats = lstatSync(join(from, inner));
    if (inner !== '' || !isThere) mkdirSync(join(to, inner));
    if (isRoot) lchownSync(join(to, inner), stats.uid, stats.gid);
    modes.push([join(to, inner), stats.mode & 0o7777]);
    for (const entry of readdirSync(join(from, inner), { withFileTypes: true })) {
      const path = join(inner, entry.name);
      if (without?.has(path)) continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isSymbolicLink()) await copyLink(join(from, path), join(to, path));
      else if (entry.isFile()) files.push(path);
    }
  };
  await walk('');
  const work = async (): Promise<void> => {
    for (let path = files.pop(); path !== undefined; path = files.pop()) {
      await turn();
      if (inPlace) copyFileSync(join(from, path), join(to, path), flag);
      else await copyFile(join(from, path), join(to, path), flag);
      if (isRoot) keepOwner(join(from, path), join(to, path));
    }
  };
  const done = await Promise.allSettled(Array.from({ length: inPlace ? 1 : copiesAtOnce }, work));
  for (const one of done) if (one.status === 'rejected') throw one.reason;
  for (const [path, mode] of modes.reverse()) chmodSync(path, mode);
}

/** Copies whole folders of a tree beside what is there of it already, while others work. */
export async function copyFolders({
  from,
  to,
  folders,
  ...about
}: Pick<CopyFilesAbout, 'how' | 'signal'> & {
  readonly from: string;
  readonly to: string;
  readonly folders: readonly string[];
}): Promise<void> {
  for (const folder of folders) await copyFiles(join(from, folder), join(to, folder), { ...about, isBeside: true });
}

/** Between pieces of work that are done in place: lets others work when it is their turn, and throws when this is to stop. */
function turns(signal: AbortSignal): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began >= sliceMs) {
      await new Promise((resolve) => setImmediate(resolve));
      began = performance.now();
    }
    signal.throwIfAborted();
  };
}

/** At once: it was just read, and a turn in the thread pool takes longer than the question. */
function keepOwner(from: string, to: string): void {
  const { uid, gid, mode } = lstatSync(from);
  lchownSync(to, uid, gid);
  // A change of the owner takes these bits away.
  if (mode & 0o6000) chmodSync(to, mode & 0o7777);
}

async function copyLink(from: string, to: string): Promise<void> {
  const target = await readlink(from);
  if (target.startsWith('/') || target.split('/').includes('..')) {
    throw new WizardError(`cloning data: its link ${from} leads out of it`, {
      code: 'clone/link-leads-out',
      remedy: 'fix-setup',
      hint: 'Keep all of the data in one folder: tablespaces and logs elsewhere cannot be cloned.',
    });
  }
  await symlink(target, to);
}
