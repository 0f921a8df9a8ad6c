import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { orMissing } from '../path-kind.ts';

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
    /** What `golden` was before the pool, until nothing is laid over it any more. */
    before: `${golden}.before-pool`,
    /** What `golden` will be without the pool: whole from the moment when `golden` is not there. */
    after: `${golden}.after-pool`,
    /** Held by whoever uses or changes the pool. */
    lock: join(root, 'pool.lock'),
  };
}

export type PoolPlaces = ReturnType<typeof poolPlaces>;

/** As the kernel lists it: without links on the way. */
export const mountPoint = async ({ mount }: PoolPlaces): Promise<string> => (await orMissing(realpath(mount))) ?? mount;
