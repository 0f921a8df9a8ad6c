import { statfs } from 'node:fs/promises';
import { WizardError } from '../../domain/wizard-error.ts';
import { isMemoryLost } from '../../kit/clone/memory-disk.ts';
import { bytesText } from '../../kit/disk-room.ts';
import { runCommand } from '../../kit/run-command.ts';
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
  const needed = (await bytesToCopy(data)) + startBytes;
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
    if (memoryDiskOf(other) > 0) promised += await stillFree(other);
  }
  return promised;
}

async function stillFree(one: LiveInstance): Promise<number> {
  if (await isMemoryLost(one.folder)) return memoryDiskOf(one);
  const { bfree, bsize } = await statfs(instanceFiles(one.folder).data);
  return bfree * bsize;
}

/** Holes in files are filled by a copy, and what is compressed is not so in memory. */
async function bytesToCopy(data: string): Promise<number> {
  const argv = ['du', '-s', '-B1', '--apparent-size', '--', data];
  const { stdout } = await runCommand(argv, { timeLimitMs: 120_000, allow: () => true });
  return Number.parseInt(stdout, 10) || 0;
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
