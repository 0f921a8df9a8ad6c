import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { realPart } from './real-part.ts';

/** Why no small disk can be made here, or `false`. */
export const noSmallDisk = realPart('only root may mount a small disk', canMount());

/** A disk of its own, in memory, gone after the test. */
export async function smallDisk(context: TestContext, megabytes: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  context.after(async () => {
    // Lazily: what is still open in it must not keep it.
    execFileSync('umount', ['--lazy', folder]);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Writes a file until nothing more fits. */
export function fillDisk(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const piece of [Buffer.alloc(1024 ** 2, 'x'), Buffer.alloc(4096, 'x')]) while (writes(file, piece));
  } finally {
    closeSync(file);
  }
}

function writes(file: number, piece: Buffer): boolean {
  try {
    return writeSync(file, piece) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = join(tmpdir(), `wizard-disk-try-${process.pid}`);
  try {
    execFileSync('mkdir', ['-p', folder]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    // Root without the right to mount, as in most containers.
    return false;
  } finally {
    execFileSync('rm', ['-rf', folder]);
  }
}
