import { rename, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { mountedAt } from '../clone/mounts.ts';
import { bytesText } from '../disk-room.ts';
import { pathKind } from '../path-kind.ts';
import { runCommand } from '../run-command.ts';
import { syncDirectory } from '../write-whole.ts';
import { holdPool } from './hold-pool.ts';
import { deleteImage, mountPool, unlinkGolden } from './mount-pool.ts';
import { bytesIn, copyFileGoldens, copyGoldens, type Telling } from './move-goldens.ts';
import { mustBeRoot, poolSize } from './pool-errors.ts';
import { mountPoint, type PoolPlaces, poolPlaces } from './pool-places.ts';
import { clonesIn } from './view-pool.ts';

const doing = 'removing the pool';

/**
 * Moves the golden copies out of the pool and deletes it; false: there is none. Repeating it goes on where it was cut short. Throws
 * `clone/pool-in-use` while clones lie in it.
 */
export async function removePool(dataDir: string, about: Telling): Promise<boolean> {
  mustBeRoot(doing);
  const hold = holdPool(dataDir, doing);
  try {
    return (await mountPool(dataDir)) !== 'none' && (await remove(poolPlaces(dataDir), about));
  } finally {
    hold.close();
  }
}

async function remove(places: PoolPlaces, about: Telling): Promise<true> {
  const clones = await clonesIn(places.mount);
  if (clones > 0) {
    throw inUse(
      `${clones} ${clones === 1 ? 'clone lies' : 'clones lie'} in it`,
      'Start the server, `wizard destroy` the environments that have databases or files, set "spares: 0" for the sources, and stop it again.',
    );
  }
  if ((await pathKind(places.golden)) === 'other') await moveOut(places, about);
  await unmountPool(places.root);
  await deleteImage(places);
  return true;
}

async function moveOut({ root, golden, inPool, after, files, filesInPool }: PoolPlaces, about: Telling): Promise<void> {
  const needed = (await bytesIn(inPool)) + (await bytesIn(filesInPool));
  const { bavail, bsize } = await statfs(root);
  if (needed > bavail * bsize) {
    const why = `golden copies take ${bytesText(needed)}, and only ${bytesText(bavail * bsize)} are free outside of it`;
    throw poolSize(doing, why, `Make room, or delete versions in ${golden} that no one needs.`);
  }
  await copyGoldens(inPool, after, about);
  await copyFileGoldens(filesInPool, files, about);
  await unlinkGolden(golden);
  await rename(after, golden);
  await syncDirectory(dirname(golden));
}

/** Nothing of it is lost: the server mounts it again. Throws `clone/pool-in-use` while something is open in it. */
export async function unmountPool(dataDir: string): Promise<void> {
  const at = await mountPoint(poolPlaces(dataDir));
  while ((await mountedAt(at)) !== undefined) {
    const { status, stderr } = await runCommand(['umount', '--', at], { timeLimitMs: 60_000, allow: () => true });
    if (status !== 0) throw inUse(stderr.trim().slice(0, 300), `See who uses it: fuser -vm ${at}`);
  }
}

const inUse = (why: string, hint: string): WizardError =>
  new WizardError(`${doing}: ${why}`, { code: 'clone/pool-in-use', remedy: 'fix-setup', hint });
