import { WizardError } from '../../domain/wizard-error.ts';
import type { Clock } from '../../ports/clock.ts';
import { bytesText } from '../disk-room.ts';
import { pauseUnless } from '../pause-unless.ts';
import { freeAt } from './pool-image.ts';
import { freeBelowPool } from './view-pool.ts';

/** What is left to databases that run: with less nothing is made where they lie. */
export const floorBytes = 128 * 1024 * 1024;

const lookEveryMs = 100;

/** Free in this folder. `root` may be where a pool is mounted: one whose file is sparse can only use what is free on the disk of it. */
export async function freeIn(folder: string, root: string): Promise<number> {
  const below = await freeBelowPool(root);
  return Math.min(await freeAt(folder), below ?? Number.MAX_SAFE_INTEGER);
}

/** `doing` says where, too: `cloning data: only …`. */
export const poolFull = (doing: string, free: number, needed: number, cause?: unknown): WizardError =>
  new WizardError(`${doing}: only ${bytesText(free)} are free where clones lie, and ${bytesText(needed)} are needed`, {
    code: 'database/pool-full',
    remedy: 'fix-setup',
    hint: 'Destroy environments, or make it larger: `wizard data pool` shows it, `wizard data pool create --size` makes a pool larger. What runs goes on.',
    ...(cause === undefined ? {} : { cause }),
  });

export interface Filling {
  /** For people: `baking staging`. */
  readonly doing: string;
  /** What it takes at once, beside what it takes bit by bit. */
  readonly atOnce: number;
  readonly root: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Does what may fill the disk of databases that run, and ends it with `database/pool-full` before they have no room left. */
export async function whileRoomy<T>(
  { doing, atOnce, root, clock, signal }: Filling,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const look = async (needed = floorBytes): Promise<void> => {
    const free = await freeIn(root, root);
    if (free < needed) limit.abort(poolFull(doing, free, needed));
  };
  await look(floorBytes + atOnce);
  limit.signal.throwIfAborted();
  const over = new AbortController();
  const lookOn = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await pauseUnless(over.signal, clock, lookEveryMs);
      await look();
    }
  };
  const looking = lookOn().catch((error: unknown) => limit.abort(error));
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    throw limit.signal.aborted && !signal.aborted ? limit.signal.reason : error;
  } finally {
    over.abort();
    await looking;
  }
}
