import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { codeOf } from '../../domain/wizard-error.ts';
import { diskFull } from '../../kit/disk-full.ts';
import { type DiskRoom, roomAt } from '../../kit/disk-room.ts';
import { runGit } from '../../kit/run-git.ts';
import { readCommit } from './read-commit.ts';
import { refuseBadPaths } from './refuse-bad-paths.ts';
import { sizeOfFiles } from './size-of-files.ts';

export interface MaterialiseOptions {
  readonly mirror: string;
  readonly spec: { readonly sha: string };
  /** An empty directory. */
  readonly path: string;
  readonly signal: AbortSignal;
}

const limitMs = 10 * 60_000;

/**
 * Writes the files of the commit, and a `.git` of their own. Git keeps a tree from writing into `.git` or through a symbolic link;
 * links are written as links, submodules as empty directories, and no filter or hook runs.
 */
export async function materialise({ mirror, spec, path, signal }: MaterialiseOptions): Promise<void> {
  await mkdir(join(path, '.git'));
  const room = await roomAt(path);
  const files = writeFiles({ mirror, spec, path, signal }, room);
  const own = readCommit(mirror, spec.sha, signal).then((commit) => writeOwnGit(path, spec.sha, commit));
  // Nothing writes here any more when it has failed.
  await Promise.allSettled([own, files]);
  await Promise.all([own, files]);
}

async function writeFiles({ mirror, spec, path, signal }: MaterialiseOptions, room: DiskRoom): Promise<void> {
  // Relative to where git stands: if this directory is renamed away, a git that is still at work writes into no other.
  await runGit([`--git-dir=${mirror}`, '--work-tree=.', 'read-tree', '-m', '-u', spec.sha], {
    cwd: path,
    env: { GIT_INDEX_FILE: '.git/index' },
    signal,
    timeLimitMs: limitMs,
    doing: 'writing the files',
  }).catch(async (error: unknown) => {
    if (codeOf(error) !== 'command/failed') throw error;
    await refuseBadPaths(mirror, spec.sha, signal);
    // Git says all failures with one status, and takes away the file that did not fit.
    const needed = await sizeOfFiles(mirror, spec.sha, signal);
    throw needed > room.free ? diskFull('writing the files', room, { needed, cause: error }) : error;
  });
}

/**
 * A repository that knows its commit and no more: builds ask `git rev-parse HEAD` and `git ls-files`, and without it git would look for
 * a repository in our own directories above.
 */
async function writeOwnGit(path: string, sha: string, commit: Buffer): Promise<void> {
  const git = join(path, '.git');
  const object = Buffer.concat([Buffer.from(`commit ${commit.length}\0`), commit]);
  await mkdir(join(git, 'objects', sha.slice(0, 2)), { recursive: true });
  await mkdir(join(git, 'refs'));
  await writeFile(join(git, 'objects', sha.slice(0, 2), sha.slice(2)), await promisify(deflate)(object));
  await writeFile(join(git, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = false\n');
  await writeFile(join(git, 'HEAD'), `${sha}\n`);
  // The commit's parents are not here: a shallow repository.
  await writeFile(join(git, 'shallow'), `${sha}\n`);
}
