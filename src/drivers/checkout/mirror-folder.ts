import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryId } from '../../domain/pull-request.ts';
import { stableHash } from '../../domain/stable-hash.ts';
import { codeOf } from '../../domain/wizard-error.ts';
import { directoryTrash } from '../../kit/directory-trash.ts';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import { orMissing, pathKind } from '../../kit/path-kind.ts';
import { runGit } from '../../kit/run-git.ts';
import { unfinishedPrefix } from '../../kit/write-whole.ts';
import type { Log } from '../../ports/call.ts';
import { clearLeftovers } from './clear-leftovers.ts';

export interface MirrorFolder {
  /** Lets `work` look into the mirror without waiting for anybody; `undefined` when there is none yet. */
  peek<T>(id: RepositoryId, work: (mirror: string) => Promise<T>): Promise<T | undefined>;
  /** Lets `work` write to the mirror of a repository while nobody else does. `waited`: somebody did just before. */
  writingTo<T>(
    id: RepositoryId,
    signal: AbortSignal,
    work: (mirror: string, waited: boolean) => Promise<T>,
  ): Promise<T>;
  /** Lets `work` read a commit. When it fails and that commit or the mirror turns out to be damaged, it is thrown away, to be fetched anew. */
  readingFrom<T>(id: RepositoryId, sha: string, work: (mirror: string) => Promise<T>): Promise<T>;
  /** Throws the mirror away if it is damaged. */
  checkSound(id: RepositoryId): Promise<void>;
  close(): Promise<void>;
}

/** One bare mirror for each repository, `ROOT/HASH.git`, made when it is first needed. It is a cache: losing it costs only time. */
export function mirrorFolder({ root, log }: { root: string; log: Log }): MirrorFolder {
  const inTurn = oneAtATime();
  const cleared = new Set<string>();
  const trash = directoryTrash(root, { log, gone: () => undefined });
  let swept = false;

  const exists = async (mirror: string): Promise<boolean> => (await pathKind(join(mirror, 'HEAD'))) === 'file';
  const nameOf = (id: RepositoryId): string => `${stableHash(id, 24)}.git`;

  async function open(name: string): Promise<string> {
    if (!swept) await sweep(root, trash.sweep);
    swept = true;
    const mirror = join(root, name);
    if (!(await exists(mirror))) await makeMirror(root, name);
    if (!cleared.has(name)) await clearLeftovers(mirror, log);
    cleared.add(name);
    return mirror;
  }

  async function checkSound(id: RepositoryId): Promise<void> {
    const name = nameOf(id);
    const fsck = ['fsck', '--connectivity-only', '--no-dangling', '--no-progress'];
    const mirror = join(root, name);
    const sound = await runGit(fsck, { cwd: mirror, timeLimitMs: 5 * 60_000, overflow: 'keep-tail' }).then(
      () => true,
      (error: unknown) => codeOf(error) !== 'command/failed',
    );
    if (sound) return;
    log.warn('checkout.mirror-damaged', { mirror: name });
    await trash.throwAway(name);
  }

  return {
    async peek(id, work) {
      const mirror = join(root, nameOf(id));
      return (await exists(mirror)) ? work(mirror) : undefined;
    },
    writingTo: (id, signal, work) => inTurn(nameOf(id), signal, async (waited) => work(await open(nameOf(id)), waited)),
    async readingFrom(id, sha, work) {
      const mirror = join(root, nameOf(id));
      try {
        return await work(mirror);
      } catch (error) {
        if (codeOf(error) === 'command/failed') {
          await dropHalfCommit(mirror, sha);
          await checkSound(id);
        }
        throw error;
      }
    },
    checkSound,
    close: trash.idle,
  };
}

/** A fetch that was killed may leave a commit without all of its files, and git writes the commit first: it is then taken away, too. */
async function dropHalfCommit(mirror: string, sha: string): Promise<void> {
  const loose = join(mirror, 'objects', sha.slice(0, 2), sha.slice(2));
  if ((await pathKind(loose)) !== 'file') return;
  const about = { cwd: mirror, timeLimitMs: 5 * 60_000, overflow: 'keep-tail' as const };
  const isWhole = await runGit(['rev-list', '--objects', '--no-walk', '--quiet', sha], about).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'command/failed',
  );
  if (!isWhole) await rm(loose, { force: true });
}

async function sweep(root: string, sweepTrash: () => Promise<void>): Promise<void> {
  await mkdir(root, { recursive: true });
  const entries = (await orMissing(readdir(root))) ?? [];
  for (const entry of entries)
    if (entry.startsWith(unfinishedPrefix)) await rm(join(root, entry), { recursive: true, force: true });
  await sweepTrash();
}

/** Made elsewhere and renamed, so that there is never half a mirror under the name. */
async function makeMirror(root: string, name: string): Promise<void> {
  const unfinished = join(root, `${unfinishedPrefix}${name}-${randomBytes(4).toString('hex')}`);
  await runGit(['init', '--bare', '--quiet', '--template=', '--', unfinished], {
    timeLimitMs: 60_000,
    doing: 'making a mirror',
  });
  await mkdir(join(unfinished, 'info'), { recursive: true });
  // Stands above every .gitattributes of a tree. We define no filter that could run; this makes sure.
  await writeFile(join(unfinished, 'info/attributes'), '* -filter\n');
  await rm(join(root, name), { recursive: true, force: true });
  await rename(unfinished, join(root, name));
}
