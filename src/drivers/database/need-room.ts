import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CloneMethod } from '../../kit/clone/clone-method.ts';
import { bytesIn } from '../../kit/pool/move-goldens.ts';
import { freeAt } from '../../kit/pool/pool-image.ts';
import { floorBytes, freeIn, poolFull } from '../../kit/pool/pool-room.ts';

export interface CloneRoom {
  /** Does the cloning, if all that it takes is free beside what others that are on their way will take. */
  whileCloning<T>(
    about: { readonly clones: string; readonly data: string; readonly method: CloneMethod },
    clone: () => Promise<T>,
  ): Promise<T>;
}

/** Throws `database/pool-full` when nothing that takes `more` bytes should be made here; a server's start takes some too. */
export async function needRoom(clones: string, more = 0): Promise<void> {
  const free = await freeFor(clones);
  if (free < floorBytes + more) throw full(free, floorBytes + more);
}

/** Keeps clones from filling the file system that they lie in, where databases run that would suffer. */
export function cloneRoom(): CloneRoom {
  let promised = 0;
  return {
    async whileCloning({ clones, data, method }, clone) {
      // The other methods share all blocks at first.
      const bytes = method === 'copy' ? await bytesIn(data) : 0;
      // Promised before it is looked: two that look at once do not both count the same room.
      promised += bytes;
      try {
        await needRoom(clones, promised);
        return await clone();
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
          ? full(await freeFor(clones), bytes + floorBytes, error)
          : error;
      } finally {
        promised -= bytes;
      }
    },
  };
}

/** For what a server writes when it starts, of its log and of what it had no room for before. */
export const startBytes = 48 * 1024 * 1024;

/** For the record of its run and its log. */
const runBytes = 8 * 1024 * 1024;

/** Whether the server over this clone can be started, with its run's folder in `runs`: one that finds no room ends at once. */
export const hasRoomToStart = async (clone: string, runs: string): Promise<boolean> =>
  (await freeFor(dirname(clone))) >= startBytes && (await freeAt(runs)) >= runBytes;

const freeFor = async (clones: string): Promise<number> => freeIn(clones, dirname(dirname(await realpath(clones))));

const full = (free: number, needed: number, cause?: unknown) => poolFull('cloning data', free, needed, cause);
