import { readdir, readlink, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from '../../kit/path-kind.ts';
import type { Log } from '../../ports/call.ts';

/** Where the refs of fetched commits are. */
export const commitRefs = 'refs/wizard/commit';

/** Every fetch looks at all refs; a commit whose ref is forgotten stays, and is asked for once more if it is wanted again. */
const mostCommitRefs = 500;

/** Where nothing tells us which processes run, a lock older than any fetch of ours may be is nobody's. */
const oldMs = 30 * 60_000;

/**
 * Deletes what a killed git left in a mirror: lock files, without which nothing can be fetched any more, and half packs; and
 * the refs of all but the newest commits. Call it before our first git in this mirror; while a git of an earlier run is still at work
 * there, nothing is touched.
 */
export async function clearLeftovers(mirror: string, log: Log): Promise<void> {
  const atWork = await isAnybodyIn(mirror);
  if (atWork) return;
  const leftovers = [...(await findLocks(mirror)), ...(await findHalfPacks(mirror))];
  for (const path of leftovers) {
    const stats = await orMissing(stat(path));
    if (atWork === undefined && stats && Date.now() - stats.mtimeMs < oldMs) continue;
    await rm(path, { force: true, recursive: true });
    log.info('checkout.leftover', { path });
  }
  await forgetOldCommits(join(mirror, commitRefs));
}

async function forgetOldCommits(folder: string): Promise<void> {
  const names = (await orMissing(readdir(folder))) ?? [];
  if (names.length <= mostCommitRefs) return;
  const paths = names.map((name) => join(folder, name));
  const all = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  const old = all.toSorted((a, b) => b.at - a.at).slice(mostCommitRefs);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}

async function findLocks(mirror: string): Promise<string[]> {
  const top = (await readdir(mirror)).map((name) => join(mirror, name));
  const refs = await orMissing(readdir(join(mirror, 'refs'), { recursive: true }));
  const info = await orMissing(readdir(join(mirror, 'objects/info'), { recursive: true }));
  return [
    ...top,
    ...(refs ?? []).map((name) => join(mirror, 'refs', name)),
    ...(info ?? []).map((name) => join(mirror, 'objects/info', name)),
  ].filter((path) => path.endsWith('.lock'));
}

async function findHalfPacks(mirror: string): Promise<string[]> {
  const objects = (await orMissing(readdir(join(mirror, 'objects')))) ?? [];
  const packs = (await orMissing(readdir(join(mirror, 'objects/pack')))) ?? [];
  return [
    ...objects.filter((name) => name.startsWith('tmp_objdir-')).map((name) => join(mirror, 'objects', name)),
    ...packs.filter((name) => name.startsWith('tmp_')).map((name) => join(mirror, 'objects/pack', name)),
  ];
}

/** Whether a process works in this directory; `undefined` when the system does not say. All our writing gits do. */
async function isAnybodyIn(directory: string): Promise<boolean | undefined> {
  const processes = await orMissing(readdir('/proc'));
  if (!processes) return undefined;
  const real = await realpath(directory);
  const places = await Promise.all(
    processes
      .filter((name) => /^[0-9]+$/.test(name))
      // Another user's process does not tell; it is not a git of ours.
      .map((id) => readlink(`/proc/${id}/cwd`).catch(() => undefined)),
  );
  return places.includes(real);
}
