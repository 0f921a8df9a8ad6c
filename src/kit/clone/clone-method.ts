import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { removeTree } from '../remove-tree.ts';
import { unmount } from './mounts.ts';
import { canBeOverlaid, mountOverlay } from './overlay.ts';
import { deleteSubvolume, isSubvolume, makeDataFolder, snapshot } from './subvolumes.ts';

/**
 * How a clone is made. `snapshot` (of a btrfs subvolume) and `reflink` share all blocks until one is written: no time, no room, whatever
 * the size. `overlay` shows the golden files and copies each whole file when it is first opened for writing. `copy` copies all of it;
 * `memory` too, to a disk in memory, and only where that is asked for.
 */
export type CloneMethod = 'snapshot' | 'reflink' | 'overlay' | 'copy' | 'memory';

/** What this machine can do between these two folders, found by trying it with small files. `from` is a golden data folder. */
export async function findCloneMethod(from: string, clones: string): Promise<CloneMethod> {
  await mkdir(clones, { recursive: true });
  if ((await isSubvolume(from)) && (await canSnapshot(from, clones))) return 'snapshot';
  if (await canReflink(from, clones)) return 'reflink';
  if (await canOverlay(clones)) return 'overlay';
  return 'copy';
}

/** The same for golden copies that would be below this folder, with a golden copy made for the trial. Nothing of it stays. */
export async function tryCloneMethod(root: string): Promise<CloneMethod> {
  let there = root;
  while (!existsSync(there)) there = dirname(there);
  const trial = join(there, trialName());
  const data = join(trial, 'data');
  try {
    await mkdir(trial, { recursive: true, mode: 0o711 }).catch((cause: unknown) => {
      throw notAllowed(there, cause);
    });
    await makeDataFolder(data);
    await writeFile(join(data, 'file'), 'x'.repeat(8192));
    return await findCloneMethod(data, join(trial, 'clones'));
  } finally {
    if (!(await deleteSubvolume(data))) await removeTree(data);
    await removeTree(trial);
  }
}

function notAllowed(folder: string, cause: unknown): unknown {
  if (!['EACCES', 'EPERM', 'EROFS'].includes((cause as NodeJS.ErrnoException).code ?? '')) return cause;
  return new WizardError(`trying how data is cloned: nothing may be written in ${folder}`, {
    code: 'clone/closed-folder',
    remedy: 'fix-setup',
    hint: 'Run it as the user of the server, or as root.',
    cause,
  });
}

/** For `wizard doctor`: what would be faster; missing when nothing is. */
export function fasterThan(method: CloneMethod): string | undefined {
  if (method === 'snapshot' || method === 'reflink') return undefined;
  const price =
    method === 'overlay'
      ? 'Each table is copied whole when it is first read.'
      : 'Each environment copies all of the data, and needs the room for it.';
  return `${price} A data directory on XFS with reflinks or on btrfs clones in no time and no room; \`wizard data pool create\` makes one in a file. ZFS and LVM are not used.`;
}

const trialName = (): string => `.trial-${randomBytes(4).toString('hex')}`;

async function canSnapshot(from: string, clones: string): Promise<boolean> {
  const trial = join(clones, trialName());
  const made = await snapshot(from, trial);
  if (made && !(await deleteSubvolume(trial))) await removeTree(trial);
  return made;
}

/** Codes that say "not here"; anything else is a fault and is thrown. */
const cannot = ['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'ENOTTY'];

/** With a file of the golden copy itself: a bind mount or an old kernel may refuse what the file system could. It is only read. */
async function canReflink(from: string, clones: string): Promise<boolean> {
  const file = (await readdir(from, { withFileTypes: true })).find((entry) => entry.isFile());
  if (!file) return false;
  const copy = join(clones, trialName());
  try {
    await copyFile(join(from, file.name), copy, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (cannot.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  } finally {
    await rm(copy, { force: true });
  }
}

async function canOverlay(clones: string): Promise<boolean> {
  if (process.getuid?.() !== 0 || !canBeOverlaid(clones)) return false;
  const folder = join(clones, trialName());
  const lower = join(folder, 'lower');
  try {
    await mkdir(lower, { recursive: true });
    await writeFile(join(lower, 'file'), 'old');
    await mountOverlay(lower, folder);
    await writeFile(join(folder, 'data/file'), 'new');
    return true;
  } catch (error) {
    // A refused mount; writing may be refused too, on a file system that cannot be an upper layer.
    if (codeOf(error).startsWith('command/') || (error as NodeJS.ErrnoException).syscall !== undefined) return false;
    throw error;
  } finally {
    await unmount(join(folder, 'data'));
    await removeTree(folder);
  }
}
