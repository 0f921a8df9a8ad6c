import { readFile } from 'node:fs/promises';
import { orMissing } from '../../kit/path-kind.ts';

/** What the machine goes on with: below it there are no spares, and no disk in memory may come down to it. */
export const memoryFloor = 512 * 1024 * 1024;

/** As the kernel tells: what can be given out without swapping. */
export async function freeMemory(): Promise<number> {
  const text = (await orMissing(readFile('/proc/meminfo', 'utf8'))) ?? '';
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? Number.MAX_SAFE_INTEGER : Number(kilobytes) * 1024;
}
