import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PullRequest, RepositoryId, RepositoryRef } from '../../../domain/pull-request.ts';
import { stableHash } from '../../../domain/stable-hash.ts';
import { orMissing } from '../../../kit/path-kind.ts';
import type { CodeHost } from '../../../ports/code-host.ts';
import { findRepository, repositoryPath } from './find-repository.ts';
import { describedNumbers, type PullDescription, readDescription } from './pull-description.ts';
import { readBlob, readBranch } from './read-blob.ts';
import { type PullRef, readPullRefs } from './read-refs.ts';

export interface RepositoryFolderOptions {
  /** Holds bare repositories at `OWNER/NAME.git`. */
  readonly path: string;
  /** Where people look at them; links are `WEB/OWNER/NAME/pull/N`. Missing: the link is the repository's file URL. */
  readonly webUrl?: string;
}

const mostClosed = 100;

/**
 * A code host that is only a folder of bare repositories: `refs/pull/N/head` is pull request N, and `wizard/pulls/N.json` in the
 * repository says the rest. A ref without a description is open. For the demo, for tests, and for teams without a code host.
 */
export function repositoryFolder(options: RepositoryFolderOptions): CodeHost {
  const root = resolve(options.path);

  async function read(repository: RepositoryRef, signal: AbortSignal, only?: number): Promise<PullRequest[]> {
    signal.throwIfAborted();
    await findRepository(root, repository.name);
    const gitDir = repositoryPath(root, repository.name);
    const refs = await readPullRefs(gitDir, signal, only);
    const numbers = only === undefined ? new Set([...refs.keys(), ...(await describedNumbers(gitDir))]) : [only];
    const baseRef = await defaultBranch(gitDir);
    const pulls = await Promise.all(
      [...numbers].map(async (number) => {
        const about = await readDescription(gitDir, number);
        return pullRequest({
          repository,
          number,
          ref: refs.get(number),
          about,
          baseRef,
          url: urlOf(gitDir, repository, number),
        });
      }),
    );
    return pulls.flatMap((pull) => (pull ? [pull] : [])).sort((a, b) => a.number - b.number);
  }

  const urlOf = (gitDir: string, repository: RepositoryRef, number: number): string =>
    options.webUrl === undefined
      ? `${pathToFileURL(gitDir).href}#pull-${number}`
      : `${options.webUrl.replace(/\/$/, '')}/${repository.name}/pull/${number}`;

  return {
    kind: 'repository-folder',
    async repository(name, call) {
      call.signal.throwIfAborted();
      return findRepository(root, name);
    },
    async openPullRequests(repository, call) {
      return (await read(repository, call.signal)).filter((pull) => pull.state === 'open');
    },
    async findPullRequest(repository, number, call) {
      return (await read(repository, call.signal, number))[0];
    },
    async recentlyClosed(repository, call) {
      const closed = (await read(repository, call.signal)).filter((pull) => pull.state === 'closed');
      return closed.sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)).slice(0, mostClosed);
    },
    async gitAccess(repository) {
      return { url: pathToFileURL(repositoryPath(root, repository.name)).href, env: {} };
    },
    async branchHead(repository, branch, call) {
      await findRepository(root, repository.name);
      return readBranch(repositoryPath(root, repository.name), branch, call.signal);
    },
    async readFile(repository, path, ref, call) {
      await findRepository(root, repository.name);
      return readBlob(repositoryPath(root, repository.name), path, ref, call.signal);
    },
  };
}

interface Known {
  readonly repository: RepositoryRef;
  readonly number: number;
  readonly ref: PullRef | undefined;
  readonly about: PullDescription | undefined;
  readonly baseRef: string;
  readonly url: string;
}

/** Without a ref there is no head: such a pull request is closed, and without a last head there never was one. */
function pullRequest({ repository, number, ref, about = {}, baseRef, url }: Known): PullRequest | undefined {
  const headSha = ref?.sha ?? about.headSha;
  if (headSha === undefined) return undefined;
  const described = about.updatedAt === undefined ? 0 : Date.parse(about.updatedAt) || 0;
  return {
    repository,
    number,
    title: about.title ?? `Pull request ${number}`,
    author: about.author ?? 'unknown',
    url,
    state: ref && about.state !== 'closed' ? 'open' : 'closed',
    merged: about.merged ?? false,
    draft: about.draft ?? false,
    labels: about.labels ?? [],
    headSha,
    headRef: about.headRef ?? `pull-${number}`,
    headRepositoryId: headRepository(repository, about),
    baseRef: about.baseRef ?? baseRef,
    updatedAt: new Date(Math.max(described, ref?.changedAt ?? 0)).toISOString(),
  };
}

function headRepository(repository: RepositoryRef, { fork = false }: PullDescription): RepositoryId | null {
  if (fork === null) return null;
  return fork === false ? repository.id : (`fork-${stableHash(String(fork), 16)}` as RepositoryId);
}

async function defaultBranch(gitDir: string): Promise<string> {
  const head = (await orMissing(readFile(join(gitDir, 'HEAD'), 'utf8'))) ?? '';
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? 'main';
}
