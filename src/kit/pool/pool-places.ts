import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { orMissing, pathKind } from '../path-kind.ts';

/** What of a data directory has to do with its pool. Golden copies lie in `golden`, which leads into the pool once there is one. */
export function poolPlaces(dataDir: string) {
  const root = resolve(dataDir);
  const golden = join(root, 'golden-databases');
  return {
    root,
    /** The file system; a link where it lies on another disk. */
    image: join(root, 'pool.xfs'),
    mount: join(root, 'pool'),
    golden,
    inPool: join(root, 'pool', 'golden-databases'),
    /** Golden copies of files, which lie in the pool while `golden` leads there. */
    files: join(root, 'golden'),
    filesInPool: join(root, 'pool', 'golden'),
    /** What `files` was before the pool, while it is being deleted. */
    filesBefore: join(root, 'golden.before-pool'),
    /** What `golden` was before the pool, until nothing is laid over it any more. */
    before: `${golden}.before-pool`,
    /** What `golden` will be without the pool: whole from the moment when `golden` is not there. */
    after: `${golden}.after-pool`,
    /** Held by whoever uses or changes the pool. */
    lock: join(root, 'pool.lock'),
  };
}

export type PoolPlaces = ReturnType<typeof poolPlaces>;

/** Where golden copies and clones of files are to be kept: the pool, when there is one. */
export async function poolInUse(dataDir: string): Promise<string | undefined> {
  const { golden, mount } = poolPlaces(dataDir);
  return (await pathKind(golden)) === 'other' ? mount : undefined;
}

/** As the kernel lists it: without links on the way. */
export const mountPoint = async ({ mount }: PoolPlaces): Promise<string> => (await orMissing(realpath(mount))) ?? mount;
