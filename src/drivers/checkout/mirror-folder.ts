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
import { clearLeftovers, commitRefs } from './clear-leftovers.ts';

export interface MirrorFolder {
  /** Whether the commit was fetched whole; looks for a file and waits for nobody. */
  has(id: RepositoryId, sha: string): Promise<boolean>;
  /** Lets `work` write to the mirror of a repository while nobody else does. */
  writingTo<T>(id: RepositoryId, signal: AbortSignal, work: (mirror: string) => Promise<T>): Promise<T>;
  /** Lets `work` read from the mirror. When it fails and the mirror turns out to be damaged, that is thrown away, to be fetched anew. */
  readingFrom<T>(id: RepositoryId, signal: AbortSignal, work: (mirror: string) => Promise<T>): Promise<T>;
  /** Throws the mirror away if it is damaged; only for work that is writing to it. */
  checkSound(id: RepositoryId): Promise<void>;
  close(): Promise<void>;
}

/** What reading from a damaged mirror ends with, among others. */
const ofDamage = new Set(['command/failed', 'checkout/wrong-commit']);

/** What says that a commit is in the mirror: git writes a ref after all that it leads to. The commit's own object comes before its files. */
export const commitRef = (sha: string): string => `${commitRefs}/${sha}`;

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
    has: async (id, sha) => (await pathKind(join(root, nameOf(id), commitRef(sha)))) === 'file',
    writingTo: (id, signal, work) => inTurn(nameOf(id), signal, async () => work(await open(nameOf(id)))),
    async readingFrom(id, signal, work) {
      try {
        return await work(join(root, nameOf(id)));
      } catch (error) {
        if (ofDamage.has(codeOf(error)))
          // Not under a fetch that is running.
          await inTurn(nameOf(id), signal, () => checkSound(id));
        throw error;
      }
    },
    checkSound,
    close: trash.idle,
  };
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
