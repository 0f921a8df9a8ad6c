import { mkdir, stat, statfs } from 'node:fs/promises';
import { codeOf } from '../../domain/wizard-error.ts';
import { orMissing } from '../path-kind.ts';
import { runCommand } from '../run-command.ts';

const btrfsMagic = 0x91_23_68_3e;
/** The root of each subvolume has this number. */
const subvolumeInode = 256;
const limitMs = 60_000;

export async function isSubvolume(path: string): Promise<boolean> {
  const stats = await orMissing(stat(path));
  return stats?.ino === subvolumeInode && (await statfs(path)).type === btrfsMagic;
}

/** Makes an empty folder, where the file system can as one that is cloned in one step whatever is in it. For golden copies. */
export async function makeDataFolder(path: string): Promise<void> {
  if (!(await tried(['btrfs', 'subvolume', 'create', '--', path], path))) await mkdir(path);
}

/** False: this file system, machine or user cannot. */
export const snapshot = (from: string, to: string): Promise<boolean> =>
  tried(['btrfs', 'subvolume', 'snapshot', '--', from, to], to);

/** False: it has to be deleted like every other folder. */
export const deleteSubvolume = async (path: string): Promise<boolean> =>
  (await isSubvolume(path)) && tried(['btrfs', 'subvolume', 'delete', '--', path], path);

async function tried(argv: readonly string[], path: string): Promise<boolean> {
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  if ((await statfs(folder)).type !== btrfsMagic) return false;
  try {
    const { status } = await runCommand(argv, { timeLimitMs: limitMs, allow: () => true });
    return status === 0;
  } catch (error) {
    if (codeOf(error) === 'command/not-found') return false;
    throw error;
  }
}
