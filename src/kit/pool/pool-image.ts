import { open, rename, rm, stat, statfs, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { bytesText } from '../disk-room.ts';
import { orMissing, pathKind } from '../path-kind.ts';
import { runCommand } from '../run-command.ts';
import type { Telling } from './move-goldens.ts';
import { orNoPool, poolSize } from './pool-errors.ts';
import type { PoolPlaces } from './pool-places.ts';

export interface ImageAsked extends Telling {
  /** How large it is; missing: half of what is free, at most 50 GB. */
  readonly bytes?: number | undefined;
  /** Another folder for its file, such as of a larger disk. */
  readonly path?: string | undefined;
  /** Let its file take only what is used: what fills the disk below it then harms databases that run. Missing: it has all of its room. */
  readonly sparse?: boolean | undefined;
}

export const gigabyte = 1024 ** 3;
/** Below it XFS is not made, or has no room to work with. */
const leastBytes = 512 * 1024 ** 2;
const allocateMs = 10 * 60_000;
const doing = 'making a pool';

/** Whole or not there: a file that was being formatted when we died is not taken for a pool. */
export async function makeImage(places: PoolPlaces, { bytes, path, sparse = false, say }: ImageAsked): Promise<void> {
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
  const partial = `${places.image}.partial`;
  const made = elsewhere === undefined ? partial : `${elsewhere}.partial`;
  for (const left of [made, partial]) await rm(left, { force: true });
  // The link first: a file that nothing leads to would take room unseen.
  if (elsewhere !== undefined) await symlink(elsewhere, partial);
  const size = sizeFor(bytes, await freeAt(dirname(at)));
  say(`making a file system of ${sparse ? 'at most ' : ''}${bytesText(size)} in ${at}`);
  const file = await open(made, 'wx', 0o600);
  try {
    await file.truncate(size);
  } finally {
    await file.close();
  }
  await orNoPool(['mkfs.xfs', '-q', '-K', '-m', 'reflink=1', made], doing);
  if (!sparse) await allocate(made, size, doing);
  await rename(partial, places.image);
  if (elsewhere !== undefined) await rename(made, elsewhere);
}

/** Takes all room of a file at once, so that writing in it can never want for more. */
export async function allocate(file: string, bytes: number, what: string): Promise<void> {
  const argv = ['fallocate', '--length', String(bytes), file];
  const { status, stderr } = await runCommand(argv, { timeLimitMs: allocateMs, allow: () => true });
  if (status === 0) return;
  throw poolSize(
    what,
    `its file system does not give ${bytesText(bytes)} at once: ${stderr.trim().slice(0, 200)}`,
    'Name another disk with --path, or let the file grow with --sparse: then nothing else may fill that disk.',
  );
}

/** Whether the file has all of its room already, so that nothing can take it away. */
export async function isAllocated(image: string): Promise<boolean> {
  const { blocks, size } = await stat(image);
  return blocks * 512 >= size;
}

/** More than is free would let databases run into a disk that is full although their own is not. */
function sizeFor(asked: number | undefined, free: number): number {
  const size = asked ?? Math.min(50 * gigabyte, Math.floor(free / 2 / gigabyte) * gigabyte);
  if (asked !== undefined && asked < leastBytes)
    throw poolSize(doing, `${bytesText(asked)} are too little`, `Give it ${bytesText(leastBytes)} or more.`);
  if (size >= leastBytes && size <= free) return size;
  throw poolSize(
    doing,
    `only ${bytesText(free)} are free${asked === undefined ? '' : `, and ${bytesText(asked)} were asked for`}`,
    'Make room, name a smaller --size, or another disk with --path.',
  );
}

export async function freeAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
