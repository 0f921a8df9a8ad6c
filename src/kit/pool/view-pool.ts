import { readdir, realpath, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CloneMethod, tryCloneMethod } from '../clone/clone-method.ts';
import { mountedAt } from '../clone/mounts.ts';
import { orMissing, pathKind } from '../path-kind.ts';
import { isAllocated } from './pool-image.ts';
import { mountPoint, poolPlaces } from './pool-places.ts';

/** Bytes, all of them. */
export interface PoolView {
  readonly path: string;
  /** Of the file system; the file has this length. */
  readonly size: number;
  /** Missing while it is not mounted. */
  readonly used?: number;
  readonly free?: number;
  /** What the file takes on its disk now, and what is free there. */
  readonly onDisk: number;
  readonly diskFree: number;
  /** Databases and files of environments, and spares. */
  readonly clones: number;
  /** False: its making was cut short, and golden copies lie outside of it. */
  readonly complete: boolean;
}

export interface CloningView {
  /** Tried just now, with small files, where clones are made. */
  readonly method: CloneMethod;
  readonly pool?: PoolView;
}

export async function viewCloning(dataDir: string): Promise<CloningView> {
  const { root, image, mount, golden } = poolPlaces(dataDir);
  const stats = await orMissing(stat(image));
  const goldens = (await orMissing(realpath(golden))) ?? golden;
  const method = await tryCloneMethod(dirname(goldens));
  if (!stats) return { method };
  const at = await mountPoint(poolPlaces(root));
  const host = await statfs(dirname(await realpath(image)));
  const room = (await mountedAt(at)) === undefined ? undefined : await statfs(at);
  return {
    method,
    pool: {
      path: image,
      size: stats.size,
      ...(room && { used: (room.blocks - room.bfree) * room.bsize, free: room.bavail * room.bsize }),
      onDisk: stats.blocks * 512,
      diskFree: host.bavail * host.bsize,
      clones: await clonesIn(mount),
      complete: (await pathKind(golden)) === 'other',
    },
  };
}

/** `database-clones/INSTANCE/ID` and `data/ID` below this folder; what is being deleted does not count. */
export async function clonesIn(root: string): Promise<number> {
  const files = (await orMissing(readdir(join(root, 'data'), { withFileTypes: true }))) ?? [];
  const folder = join(root, 'database-clones');
  const names = await Promise.all(
    ((await orMissing(readdir(folder))) ?? []).map(
      async (name) => (await orMissing(readdir(join(folder, name)))) ?? [],
    ),
  );
  const all = [...names.flat(), ...files.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))];
  return all.filter((name) => !name.startsWith('.')).length;
}

/** Free on the disk that the pool mounted here takes its room from; `undefined`: this is no pool, or its file has all of its room. */
export async function freeBelowPool(root: string): Promise<number | undefined> {
  const file = await orMissing(realpath(`${root}.xfs`));
  if (file === undefined || (await isAllocated(file))) return undefined;
  const { bavail, bsize } = await statfs(dirname(file));
  return bavail * bsize;
}
