import { open, rename, rm, stat, statfs, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { mountedAt, mountSource } from '../clone/mounts.ts';
import { bytesText } from '../disk-room.ts';
import { orMissing, pathKind } from '../path-kind.ts';
import { removeTree } from '../remove-tree.ts';
import { syncDirectory } from '../write-whole.ts';
import { holdPool } from './hold-pool.ts';
import { deleteImage, linkGolden, mountPool } from './mount-pool.ts';
import { bytesIn, copyFileGoldens, copyGoldens, type Telling } from './move-goldens.ts';
import { mustBeRoot, orNoPool, poolSize } from './pool-errors.ts';
import { mountPoint, type PoolPlaces, poolPlaces } from './pool-places.ts';

export interface CreatePoolAbout extends Telling {
  /** How large it may grow; missing: four fifths of what is free, at most 50 GB. Of a pool that is there: how large it shall be. */
  readonly bytes?: number | undefined;
  /** Another folder for its file, such as of a larger disk. */
  readonly path?: string | undefined;
}

export const gigabyte = 1024 ** 3;
/** Below it XFS is not made, or has no room to work with. */
const leastBytes = 512 * 1024 ** 2;
const doing = 'making a pool';

/**
 * Makes a file system that shares blocks in a sparse file, mounts it in the data directory and moves the golden copies into it; one
 * that is there is made larger when `bytes` says so. Repeating it goes on where it was cut short. Clones that are there stay where they are.
 */
export async function createPool(dataDir: string, about: CreatePoolAbout): Promise<'made' | 'grown' | 'there'> {
  mustBeRoot(doing);
  const places = poolPlaces(dataDir);
  if (await isInUse(places)) {
    // A server may run over it meanwhile.
    return about.bytes !== undefined && (await grow(places, about.bytes, about)) ? 'grown' : 'there';
  }
  const hold = holdPool(dataDir, doing);
  try {
    if ((await orMissing(stat(places.image))) === undefined) await makeMounted(places, about);
    else await mountPool(dataDir);
    if ((await pathKind(places.golden)) === 'other') return 'there';
    await moveIn(places, about);
    return 'made';
  } finally {
    hold.close();
  }
}

/** Where it cannot be mounted no file of it stays: the next server would try as well. */
async function makeMounted(places: PoolPlaces, about: CreatePoolAbout): Promise<void> {
  await makeImage(places, about);
  try {
    await mountPool(places.root);
  } catch (error) {
    if ((await mountedAt(await mountPoint(places))) === undefined) await deleteImage(places);
    throw error;
  }
}

const isInUse = async (places: PoolPlaces): Promise<boolean> =>
  (await mountedAt(await mountPoint(places))) !== undefined && (await pathKind(places.golden)) === 'other';

async function moveIn(
  { golden, inPool, before, mount, files, filesInPool, filesBefore }: PoolPlaces,
  about: Telling,
): Promise<void> {
  const needed = (await bytesIn(golden)) + (await bytesIn(files));
  const { bavail, bsize } = await statfs(mount);
  if (needed > bavail * bsize + (await bytesIn(inPool)) + (await bytesIn(filesInPool))) {
    throw poolSize(
      doing,
      `golden copies take ${bytesText(needed)}, and it has room for ${bytesText(bavail * bsize)}`,
      `Repeat the command with --size ${Math.ceil((needed * 2) / gigabyte)}G or more.`,
    );
  }
  await copyGoldens(golden, inPool, about);
  await copyFileGoldens(files, filesInPool, about);
  if ((await pathKind(golden)) === 'directory') await rename(golden, before);
  await linkGolden(golden);
  await syncDirectory(dirname(golden));
  // In one step: half of a copy must not be taken for one when the pool is given up.
  await removeTree(filesBefore);
  if ((await pathKind(files)) === 'directory') await rename(files, filesBefore);
  // Takes away what was copied, unless something that runs still reads it.
  await mountPool(dirname(golden));
}

/** Whole or not there: a file that was being formatted when we died is not taken for a pool. */
async function makeImage(places: PoolPlaces, { bytes, path, say }: CreatePoolAbout): Promise<void> {
  const elsewhere = path === undefined ? undefined : join(resolve(path), 'wizard-pool.xfs');
  const at = elsewhere ?? places.image;
  if ((await orMissing(stat(dirname(at)))) === undefined)
    throw poolSize(doing, `there is no folder ${dirname(at)}`, 'Make it, or name another.');
  if (elsewhere !== undefined && (await pathKind(elsewhere)) !== 'missing')
    throw poolSize(
      doing,
      `there is a file ${elsewhere} already`,
      'It may be the pool of another server. Name another folder.',
    );
  const size = sizeFor(bytes, await freeAt(dirname(at)));
  say(`making a file system of at most ${bytesText(size)} in ${at}`);
  const partial = `${places.image}.partial`;
  const made = elsewhere === undefined ? partial : `${elsewhere}.partial`;
  await rm(made, { force: true });
  const file = await open(made, 'wx', 0o600);
  try {
    await file.truncate(size);
  } finally {
    await file.close();
  }
  await orNoPool(['mkfs.xfs', '-q', '-m', 'reflink=1', made], doing);
  if (elsewhere === undefined) return rename(made, at);
  // The link first: a file that nothing leads to would take room unseen.
  await rm(partial, { force: true });
  await symlink(elsewhere, partial);
  await rename(partial, places.image);
  await rename(made, elsewhere);
}

/** More than is free would let databases run into a disk that is full although their own is not. */
function sizeFor(asked: number | undefined, free: number): number {
  const size = asked ?? Math.min(50 * gigabyte, Math.floor((free * 0.8) / gigabyte) * gigabyte);
  if (asked !== undefined && asked < leastBytes)
    throw poolSize(doing, `${bytesText(asked)} are too little`, `Give it ${bytesText(leastBytes)} or more.`);
  if (size >= leastBytes && size <= free) return size;
  throw poolSize(
    doing,
    `only ${bytesText(free)} are free${asked === undefined ? '' : `, and ${bytesText(asked)} were asked for`}`,
    'Make room, name a smaller --size, or another disk with --path.',
  );
}

/** Answers whether it is larger now. What was cut short is repeated: the kernel takes what the file has. */
async function grow(places: PoolPlaces, bytes: number, { say }: Telling): Promise<boolean> {
  const { image } = places;
  const { size, blocks } = await stat(image);
  if (bytes < size) {
    const why = `it has ${bytesText(size)}, and cannot be made smaller`;
    throw poolSize('making the pool larger', why, 'Remove it with `wizard data pool remove` and make another.');
  }
  const free = await freeAt(dirname(image));
  if (bytes - blocks * 512 > free) {
    const why = `only ${bytesText(free)} are free on its disk`;
    throw poolSize('making the pool larger', why, 'Make room there, or name a smaller --size.');
  }
  const at = await mountPoint(places);
  const device = await mountSource(at);
  if (device === undefined) return false;
  if (bytes > size) say(`making it larger, from ${bytesText(size)} to ${bytesText(bytes)}`);
  const file = await open(image, 'r+');
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
  await orNoPool(['losetup', '--set-capacity', device], 'making the pool larger');
  await orNoPool(['xfs_growfs', '-d', at], 'making the pool larger');
  return bytes > size;
}

async function freeAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
