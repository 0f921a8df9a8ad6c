import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { runCommand } from '../run-command.ts';
import { mountedAt } from './mounts.ts';

/** Mounts an empty disk in memory, of this size, as `folder/data`. */
export async function mountMemory(folder: string, megabytes: number): Promise<void> {
  const data = join(folder, 'data');
  await mkdir(data);
  const options = `size=${megabytes}m,mode=700,nosuid,nodev`;
  try {
    await runCommand(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', data], {
      timeLimitMs: 60_000,
      doing: 'mounting a disk in memory',
    });
  } catch (error) {
    throw codeOf(error) === 'command/failed' ? cannotMount(error) : error;
  }
}

/** What lay in memory goes with the mount, as at a restart of the machine; an empty folder is left. */
export const isMemoryLost = async (folder: string): Promise<boolean> =>
  (await mountedAt(join(folder, 'data'))) === undefined;

export const memoryLost = (): WizardError =>
  new WizardError('what lay in memory is lost: its memory-disk is gone, as after a restart of the machine', {
    code: 'clone/memory-lost',
    remedy: 'try-again',
  });

const cannotMount = (cause: unknown): WizardError =>
  new WizardError('cloning data into memory: a disk in memory cannot be mounted, which only root may', {
    code: 'clone/no-memory-disk',
    remedy: 'fix-setup',
    hint: 'Run the server as root, with the right to mount, or leave `memory-disk` out of the service.',
    cause,
  });
