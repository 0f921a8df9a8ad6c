import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { orMissing, pathKind } from '../path-kind.ts';
import { runCommand } from '../run-command.ts';
import { copyFiles } from './copy-files.ts';
import { mountedAt, unmount } from './mounts.ts';

/** What of the data directory lies in the pool: golden copies; clones are put beside them. */
const goldenName = 'golden-databases';
const limitMs = 5 * 60_000;

const placesOf = (dataDir: string) => ({
  image: join(dataDir, 'pool.xfs'),
  mount: join(dataDir, 'pool'),
  golden: join(dataDir, goldenName),
  inPool: join(dataDir, 'pool', goldenName),
});

/**
 * Makes a file system that shares blocks in a sparse file, `DATA/pool.xfs`, mounts it at `DATA/pool`, and moves the golden copies into it.
 * Repeating it goes on where it was cut short. The file takes room only as it fills. Throws `clone/no-pool` where this machine cannot.
 */
export async function createPool(
  dataDir: string,
  about: { readonly bytes: number; readonly signal: AbortSignal },
): Promise<void> {
  const { image, golden, inPool } = placesOf(dataDir);
  if (!existsSync(image)) await makeImage(image, about.bytes);
  await mountPool(dataDir);
  if ((await pathKind(golden)) === 'other') return;
  await mkdir(inPool, { recursive: true, mode: 0o711 });
  for (const source of (await orMissing(readdir(golden))) ?? [])
    await moveGoldens(join(golden, source), join(inPool, source), about.signal);
  const old = `${golden}.before-pool`;
  await orMissing(rename(golden, old));
  await symlink(join('pool', goldenName), golden);
  await rm(old, { recursive: true, force: true });
}

/** Mounts the pool if one was made and it is not mounted, as after a start of the machine. False: there is none. */
export async function mountPool(dataDir: string): Promise<boolean> {
  const { image, mount } = placesOf(dataDir);
  if (!existsSync(image)) return false;
  await mkdir(mount, { recursive: true, mode: 0o711 });
  if ((await mountedAt(mount)) !== undefined) return true;
  await orNoPool(['mount', '-t', 'xfs', '-o', 'loop,noatime', image, mount], 'mounting the pool');
  await chmod(mount, 0o711);
  return true;
}

/** For the end of a test or a machine: nothing of it is lost. */
export const unmountPool = (dataDir: string): Promise<void> => unmount(placesOf(dataDir).mount);

/** Whole or not there: a file that was being formatted when we died is not taken for a pool. */
async function makeImage(image: string, bytes: number): Promise<void> {
  const partial = `${image}.partial`;
  await rm(partial, { force: true });
  const file = await open(partial, 'w', 0o600);
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
  await orNoPool(['mkfs.xfs', '-q', '-m', 'reflink=1', partial], 'making the pool');
  await rename(partial, image);
}

/** Copies whole versions that are not there yet, each under another name until all of it is there. */
async function moveGoldens(from: string, to: string, signal: AbortSignal): Promise<void> {
  if (!(await stat(from)).isDirectory()) return;
  await mkdir(to, { recursive: true, mode: 0o711 });
  for (const version of await readdir(from)) {
    const place = join(to, version);
    if (!existsSync(join(from, version, 'manifest.json')) || existsSync(place)) continue;
    const partial = join(to, `.partial-${version}`);
    await rm(partial, { recursive: true, force: true });
    await copyFiles(join(from, version), partial, { how: 'copy', signal });
    await rename(partial, place);
  }
}

async function orNoPool(argv: readonly string[], doing: string): Promise<void> {
  try {
    await runCommand(argv, { timeLimitMs: limitMs, doing });
  } catch (error) {
    if (!codeOf(error).startsWith('command/')) throw error;
    throw new WizardError(`${doing}: this machine cannot`, {
      code: 'clone/no-pool',
      remedy: 'fix-setup',
      hint: 'It needs root, xfsprogs and the XFS of the kernel. Or put the data directory on XFS or btrfs.',
      cause: error,
    });
  }
}
