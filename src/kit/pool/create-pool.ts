import { rename, stat, statfs, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mountedAt, mountSource } from '../clone/mounts.ts';
import { bytesText } from '../disk-room.ts';
import { orMissing, pathKind } from '../path-kind.ts';
import { syncDirectory } from '../write-whole.ts';
import { holdPool } from './hold-pool.ts';
import { deleteImage, linkGolden, mountPool } from './mount-pool.ts';
import { bytesIn, copyFileGoldens, copyGoldens, type Telling } from './move-goldens.ts';
import { mustBeRoot, orNoPool, poolSize } from './pool-errors.ts';
import { allocate, freeAt, gigabyte, type ImageAsked, isAllocated, makeImage } from './pool-image.ts';
import { mountPoint, type PoolPlaces, poolPlaces } from './pool-places.ts';

/** `bytes` of a pool that is there: how large it shall be. */
export type CreatePoolAbout = ImageAsked;

const doing = 'making a pool';

/**
 * Makes a file system that shares blocks in a file, mounts it in the data directory and moves the golden copies into it; one
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
  { golden, inPool, before, mount, files, filesInPool }: PoolPlaces,
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
  // Takes away what was copied, unless something that runs still reads it.
  await mountPool(dirname(golden));
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
  // In one step: one that was cut short between the two would seem sparse to whoever repeats it.
  if (await isAllocated(image)) await allocate(image, bytes, 'making the pool larger');
  else await truncate(image, bytes);
  await orNoPool(['losetup', '--set-capacity', device], 'making the pool larger');
  await orNoPool(['xfs_growfs', '-d', at], 'making the pool larger');
  return bytes > size;
}
