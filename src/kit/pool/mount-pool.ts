import { chmod, chown, mkdir, readlink, realpath, rename, rm, rmdir, stat, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { systemClock } from '../clock.ts';
import { isLaidOver, mountedAt, mountSource } from '../clone/mounts.ts';
import { orMissing, pathKind } from '../path-kind.ts';
import { removeTree } from '../remove-tree.ts';
import { runCommand } from '../run-command.ts';
import { pause } from '../supervised-run/pause.ts';
import { noPool, orNoPool } from './pool-errors.ts';
import { isAllocated } from './pool-image.ts';
import { mountPoint, type PoolPlaces, poolPlaces } from './pool-places.ts';

/** With "discard" the file gives back what was deleted in it: one that has all of its room is to keep it. */
const mountOptions = async (image: string): Promise<string> =>
  (await isAllocated(image)) ? 'loop,noatime' : 'loop,noatime,discard';

const mountAgainMs = 200;

/** `none`: no pool was made here. `now`: it was not mounted, as after a start of the machine. */
export type PoolMount = 'none' | 'now' | 'already';

/** Mounts the pool if there is one, and ends what a making or removal that was cut short left. */
export async function mountPool(dataDir: string): Promise<PoolMount> {
  const places = poolPlaces(dataDir);
  const mounted = await mountImage(places);
  await settle(places, mounted);
  return mounted;
}

async function mountImage(places: PoolPlaces): Promise<PoolMount> {
  const { root, image, mount, golden } = places;
  if (!(await orMissing(stat(image)))) {
    // Without the pool they would seem never to have been baked.
    if ((await pathKind(golden)) === 'other') throw lost(places);
    await clearUnmade(image);
    return 'none';
  }
  await mkdir(mount, { recursive: true, mode: 0o711 });
  const at = await mountPoint(places);
  if ((await mountedAt(at)) !== undefined) return 'already';
  const options = await mountOptions(image);
  if (process.getuid?.() !== 0) throw notRoot(image, at, options);
  await mountAt(at, image, options);
  await withoutSecondCache(at);
  await chmod(at, 0o711);
  const { uid, gid } = await stat(root);
  await chown(at, uid, gid);
  return 'now';
}

/** What a making that was cut short left, on another disk too. */
async function clearUnmade(image: string): Promise<void> {
  for (const left of [image, `${image}.partial`]) {
    if ((await pathKind(left)) === 'other') await rm(`${await readlink(left)}.partial`, { force: true });
    await rm(left, { force: true });
  }
}

/** A command that was killed may have left a mount on its way, which ours meets: then it is there, or can be mounted a moment later. */
async function mountAt(at: string, image: string, options: string): Promise<void> {
  for (let left = 5; ; left -= 1) {
    try {
      return await orNoPool(['mount', '-t', 'xfs', '-o', options, image, at], `mounting the pool ${image}`);
    } catch (error) {
      if ((await mountedAt(at)) !== undefined) return;
      if (left === 0) throw error;
    }
    await pause(systemClock, mountAgainMs);
  }
}

/** Else the kernel keeps every page twice, of the pool and of its file. Not every disk can do it; it works without, too. */
async function withoutSecondCache(at: string): Promise<void> {
  const device = await mountSource(at);
  if (device === undefined) return;
  await runCommand(['losetup', '--direct-io=on', device], { timeLimitMs: 60_000, allow: () => true });
}

/** Golden copies are in one place at every moment; where the change was cut short, the rest of it is done here. */
async function settle({ golden, before, after, files, filesBefore }: PoolPlaces, mounted: PoolMount): Promise<void> {
  await removeTree(filesBefore);
  const is = await pathKind(golden);
  if (is === 'missing') {
    if ((await pathKind(after)) === 'directory') await rename(after, golden);
    else if ((await pathKind(before)) === 'directory')
      await (mounted === 'none' ? rename(before, golden) : linkGolden(golden));
  }
  if ((await pathKind(golden)) !== 'other') return;
  await removeTree(after);
  // In one step: half of a copy must not be taken for one when the pool is given up.
  if ((await pathKind(files)) === 'directory') await rename(files, filesBefore);
  await removeTree(filesBefore);
  // Databases that run read through it; the last server that starts without one takes it away.
  if ((await pathKind(before)) === 'directory' && !(await isLaidOver(golden))) await removeTree(before);
}

/** Also where it is a link to another disk. The file goes last: while it is there, a removal that was cut short can be repeated. */
export async function deleteImage({ image, mount }: PoolPlaces): Promise<void> {
  await orMissing(rmdir(mount));
  const file = await orMissing(realpath(image));
  if (file !== undefined) await rm(file, { force: true });
  await rm(image, { force: true });
}

export const linkGolden = (golden: string): Promise<void> => symlink(join('pool', 'golden-databases'), golden);

/** Takes the link away; golden copies are elsewhere then. */
export const unlinkGolden = async (golden: string): Promise<void> => {
  if ((await orMissing(readlink(golden))) !== undefined) await unlink(golden);
};

const notRoot = (image: string, at: string, options: string): WizardError =>
  noPool(
    `mounting the pool ${image}`,
    'only root may',
    `As root: mount -o ${options} ${image} ${at} - and for each start of the machine a line in /etc/fstab: ${image} ${at} xfs ${options} 0 0`,
  );

const lost = ({ image, golden }: PoolPlaces): WizardError =>
  new WizardError(`mounting the pool: golden copies and clones lie in ${image}, and it is not there`, {
    code: 'clone/pool-lost',
    remedy: 'fix-setup',
    hint: `Bring the disk with that file back. If it is gone for good: rm ${golden}, and bake anew.`,
  });
