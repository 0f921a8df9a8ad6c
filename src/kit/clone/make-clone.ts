import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { orMissing } from '../path-kind.ts';
import { removeTree } from '../remove-tree.ts';
import type { CloneMethod } from './clone-method.ts';
import { copyFiles, copyFolders } from './copy-files.ts';
import { isMemoryLost, memoryLost, mountMemory } from './memory-disk.ts';
import { unmount } from './mounts.ts';
import { canBeOverlaid, mountOverlay } from './overlay.ts';
import { deleteSubvolume, snapshot } from './subvolumes.ts';

export interface CloneAbout {
  /** The golden data folder: cleanly stopped, never written. */
  readonly from: string;
  /** The clone's own folder, which exists; the data will be in `folder/data`. */
  readonly folder: string;
  readonly method: CloneMethod;
  /** Size of the disk that `memory` mounts. */
  readonly memoryDiskMb?: number | undefined;
  readonly signal: AbortSignal;
}

/** Makes the clone. It is whole when this answers; one that was cut short is taken away with `removeClone`. */
export async function makeClone(about: CloneAbout): Promise<void> {
  await beginClone({ ...about, later: [] });
}

/**
 * Makes the clone; where each file takes its time, folders in `later` are left for `rest`, which is called once. The clone is whole when that has
 * answered, or at once where there is no `rest`.
 */
export async function beginClone({
  from,
  folder,
  method,
  memoryDiskMb,
  signal,
  later,
}: CloneAbout & { readonly later: readonly string[] }): Promise<{ readonly rest?: () => Promise<void> }> {
  const data = join(folder, 'data');
  switch (method) {
    case 'snapshot':
      if (await snapshot(from, data)) return {};
      throw cannotClone('the file system refused a snapshot');
    case 'overlay':
      if (!canBeOverlaid(from, folder)) throw cannotClone('a path has a colon or a comma in it');
      await mountOverlay(from, folder);
      return {};
    case 'reflink':
      await copyFiles(from, data, { how: method, signal, without: new Set(later) });
      if (later.length === 0) return {};
      return { rest: () => copyFolders({ from, to: data, folders: later, how: method, signal }) };
    case 'copy':
      await copyFiles(from, data, { how: method, signal });
      return {};
    case 'memory':
      if (memoryDiskMb === undefined) throw cannotClone('nobody said how large its disk in memory is');
      await mountMemory(folder, memoryDiskMb);
      await copyFiles(from, data, { how: 'copy', signal, isThere: true });
      return {};
  }
}

/** After a restart of the machine a clone by overlay has to be mounted again; one in memory is lost, which is thrown. The others are there. */
export async function reviveClone({
  from,
  folder,
  method,
}: Pick<CloneAbout, 'from' | 'folder' | 'method'>): Promise<void> {
  if (method === 'overlay') await mountOverlay(from, folder);
  if (method === 'memory' && (await isMemoryLost(folder))) throw memoryLost();
}

export const removedPrefix = '.gone-';

/** Takes the clone's folder and all in it away, mounts first; what is not there is fine. It is out of the way at once. */
export async function removeClone(folder: string): Promise<void> {
  await unmount(join(folder, 'data'));
  const away = join(dirname(folder), `${removedPrefix}${randomBytes(6).toString('hex')}`);
  const moved = await orMissing(rename(folder, away).then(() => true));
  if (moved) await removeRemains(away);
}

/** The rest of a removal that was cut short. */
export async function removeRemains(away: string): Promise<void> {
  await unmount(join(away, 'data'));
  await deleteSubvolume(join(away, 'data'));
  await removeTree(away);
}

const cannotClone = (why: string): WizardError =>
  new WizardError(`cloning data: ${why}`, {
    code: 'clone/refused',
    remedy: 'try-again',
    hint: 'Run `wizard doctor`: it tries how data can be cloned here.',
  });
