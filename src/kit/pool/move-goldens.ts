import { chown, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { copyFiles } from '../clone/copy-files.ts';
import { bytesText } from '../disk-room.ts';
import { orMissing, pathKind } from '../path-kind.ts';
import { removeTree } from '../remove-tree.ts';
import { runCommand } from '../run-command.ts';

export interface Telling {
  readonly say: (what: string) => void;
  readonly signal: AbortSignal;
}

const syncMs = 30 * 60_000;
/** Half made, or half gone: whoever begins anew begins from nothing. */
const unfinished = /^\.(baking|gone|partial|trial)-/;

/** Copies all whole golden copies, those with a file `proof`, that are not there yet; each appears in one step, and all is on the disk when this answers. */
export async function copyGoldens(from: string, to: string, about: Telling, proof = 'manifest.json'): Promise<void> {
  await sameFolder(from, to);
  for (const source of await finished(from)) {
    if ((await pathKind(join(from, source))) !== 'directory') continue;
    await sameFolder(join(from, source), join(to, source));
    for (const version of await finished(join(from, source)))
      await copyVersion(join(from, source, version), join(to, source, version), about, proof);
  }
  await runCommand(['sync', '--file-system', '--', to], { timeLimitMs: syncMs });
}

async function copyVersion(from: string, to: string, { say, signal }: Telling, proof: string): Promise<void> {
  if ((await orMissing(stat(join(from, proof)))) === undefined || (await pathKind(to)) !== 'missing') return;
  say(`copying ${join(basename(join(from, '..')), basename(from))}, ${bytesText(await bytesIn(from))}`);
  const partial = join(to, '..', `.partial-${basename(to)}`);
  await removeTree(partial);
  await copyFiles(from, partial, { how: 'copy', signal });
  await rename(partial, to);
}

/** Those of files, too, if there are any. What they were copied from is for the caller to take away. */
export async function copyFileGoldens(from: string, to: string, about: Telling): Promise<void> {
  if ((await pathKind(from)) === 'directory') await copyGoldens(from, to, about, 'complete.json');
}

/** Room that all in a folder takes; 0 when it is not there. */
export async function bytesIn(folder: string): Promise<number> {
  const { stdout } = await runCommand(['du', '-s', '-B1', '--', folder], { timeLimitMs: syncMs, allow: () => true });
  return Number.parseInt(stdout, 10) || 0;
}

const finished = async (folder: string): Promise<string[]> =>
  ((await orMissing(readdir(folder))) ?? []).filter((name) => !unfinished.test(name));

/** Makes the folder, for the same owner. */
async function sameFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o711 });
  const { uid, gid } = (await orMissing(stat(from))) ?? (await stat(join(to, '..')));
  await chown(to, uid, gid);
}
