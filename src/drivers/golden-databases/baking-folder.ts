import { chown, mkdir, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stableHash } from '../../domain/stable-hash.ts';
import { systemClock } from '../../kit/clock.ts';
import type { SystemOwner } from '../../kit/closed-folder.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { removeTree } from '../../kit/remove-tree.ts';

/** All that a bake makes before its copy is whole, of one source; there is never more than one. */
export interface BakingFolder {
  readonly path: string;
  /** For sockets, whose paths must be short. */
  readonly run: string;
  /** Data of the private server. */
  readonly data: string;
  /** For what the server sorts on disk. */
  readonly temporary: string;
  readonly log: string;
  /** Becomes the folder of the version: `data` and the manifest. */
  readonly golden: string;
}

/** In the environment of all that a bake starts. */
export const bakingVariable = 'WIZARD_BAKING';

export function bakingFolder(root: string, source: string): BakingFolder {
  const path = join(root, `.baking-${source}`);
  return {
    path,
    run: join(tmpdir(), `wizard-golden-${stableHash(path, 12)}`),
    data: join(path, 'data'),
    temporary: join(path, 'tmp'),
    log: join(path, 'server.log'),
    golden: join(path, 'golden'),
  };
}

/** Makes the folders, for a server that runs as this user. */
export async function makeBakingFolder(folder: BakingFolder, owner: SystemOwner): Promise<void> {
  await mkdir(folder.path, { recursive: true, mode: 0o711 });
  for (const path of [folder.run, folder.data, folder.temporary]) {
    await mkdir(path, { mode: 0o700 });
    if (process.getuid?.() === 0) await chown(path, owner.uid, owner.gid);
  }
}

/** A killed process is gone after some of these. */
const diesMs = 5;

/** Ends what runs in the folder and takes it away; nothing there is fine. */
export async function clearBakingFolder({ path, run }: BakingFolder): Promise<void> {
  // A script may start another program while it dies.
  const real = (await orMissing(realpath(path))) ?? path;
  while ((await killAll(path, real)) > 0) await new Promise<void>((resolve) => systemClock.after(diesMs, resolve));
  await removeTree(path);
  await removeTree(run);
}

/** Kills the processes that belong to a bake in this folder, whoever started them; answers how many there were. */
async function killAll(path: string, real: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(ids.map(async (id) => ((await isOf(path, real, id)) ? [Number(id)] : [])));
  for (const id of found.flat()) kill(id);
  return found.flat().length;
}

async function isOf(path: string, real: string, id: string): Promise<boolean> {
  const cwd = await readable(readlink(`/proc/${id}/cwd`));
  if (cwd === real || cwd?.startsWith(`${real}/`)) return true;
  const environment = await readable(readFile(`/proc/${id}/environ`, 'latin1'));
  return environment?.split('\0').includes(`${bakingVariable}=${path}`) ?? false;
}

/** A process that has ended, or is none of ours, tells nothing. */
async function readable(answer: Promise<string>): Promise<string | undefined> {
  try {
    return await orMissing(answer);
  } catch (error) {
    if (['EACCES', 'EPERM', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
