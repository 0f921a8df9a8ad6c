import { statfs } from 'node:fs/promises';
import { WizardError } from '../../domain/wizard-error.ts';
import { bytesText } from '../../kit/disk-room.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { bytesIn } from '../../kit/pool/move-goldens.ts';
import { fileBytes } from './file-bytes.ts';
import { memoryFloor } from './free-memory.ts';
import type { LiveInstance, ServersRoom } from './live-instance.ts';
import { startBytes } from './need-room.ts';
import { instanceFiles } from './server-instance.ts';

export interface MemoryAsked {
  readonly live: ServersRoom['live'];
  /** The golden data folder. */
  readonly data: string;
  readonly freeMemory: () => Promise<number>;
}

/** Throws when the data does not fit into the disk in memory that this instance is to have, or that not into the memory of the machine. */
export async function needMemory(one: LiveInstance, { live, data, freeMemory }: MemoryAsked): Promise<void> {
  const size = memoryDiskOf(one);
  if (size === 0) return;
  // Holes in files are filled by a copy; blocks are counted since each file begins with one.
  const needed = Math.max(await fileBytes(data), await bytesIn(data)) + startBytes;
  if (needed > size) throw tooSmall(size, needed);
  // Looked up first: what is filled meanwhile counts twice rather than not at all.
  const promised = await promisedBefore(one, live);
  const free = (await freeMemory()) - promised - memoryFloor;
  if (free < size) throw noMemory(size, Math.max(0, free));
}

const memoryDiskOf = ({ record }: LiveInstance): number => (record.shape.memoryDiskMb ?? 0) * 1024 ** 2;

/**
 * What the disks of those that came before may still take. Those that come later count this one, so that of two at once the first gets
 * the memory.
 */
async function promisedBefore(one: LiveInstance, live: ServersRoom['live']): Promise<number> {
  let promised = 0;
  for (const other of live.values()) {
    if (other === one) break;
    if (memoryDiskOf(other) > 0 && other.phase !== 'leaving') promised += await stillFree(other);
  }
  return promised;
}

/** Of one that is not mounted yet, or not any more, all of it. */
async function stillFree(one: LiveInstance): Promise<number> {
  const seen = await orMissing(statfs(instanceFiles(one.folder).data));
  return Math.min(memoryDiskOf(one), seen ? seen.bfree * seen.bsize : Number.MAX_SAFE_INTEGER);
}

const tooSmall = (size: number, needed: number): WizardError =>
  new WizardError(
    `cloning data into memory: its memory-disk has ${bytesText(size)}, and with room for its server's start the data needs ${bytesText(needed)}`,
    {
      code: 'database/memory-disk-small',
      remedy: 'change-input',
      hint: 'Make `memory-disk` of the service larger, or leave it out.',
    },
  );

const noMemory = (size: number, free: number): WizardError =>
  new WizardError(
    `cloning data into memory: its memory-disk takes up to ${bytesText(size)}, and ${bytesText(free)} can be spared`,
    {
      code: 'database/no-memory',
      remedy: 'fix-setup',
      hint: 'Destroy environments whose databases lie in memory, give the machine more, or make `memory-disk` of the service smaller. What runs goes on.',
    },
  );
