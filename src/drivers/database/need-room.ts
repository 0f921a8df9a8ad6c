import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import type { CloneMethod } from '../../kit/clone/clone-method.ts';
import { bytesText } from '../../kit/disk-room.ts';
import { bytesIn } from '../../kit/pool/move-goldens.ts';
import { freeAt } from '../../kit/pool/pool-image.ts';
import { freeBelowPool } from '../../kit/pool/view-pool.ts';

/** What every clone needs for what its server makes at its start, and what those that run go on with. */
const floorBytes = 128 * 1024 * 1024;

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

/** A pool whose file is sparse can only use what is free on the disk of it. */
async function freeFor(clones: string): Promise<number> {
  const below = await freeBelowPool(dirname(dirname(await realpath(clones))));
  return Math.min(await freeAt(clones), below ?? Number.MAX_SAFE_INTEGER);
}

const full = (free: number, needed: number, cause?: unknown): WizardError =>
  new WizardError(
    `cloning data: only ${bytesText(free)} are free where clones lie, and ${bytesText(needed)} are needed`,
    {
      code: 'database/pool-full',
      remedy: 'fix-setup',
      hint: 'Destroy environments, or make it larger: `wizard data pool` shows it, `wizard data pool create --size` makes a pool larger. What runs goes on.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
