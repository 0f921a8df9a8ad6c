import { type RepositoryRef, shortSha } from '../../domain/pull-request.ts';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { protocolOf, runGit } from '../../kit/run-git.ts';
import type { Call } from '../../ports/call.ts';
import type { CodeHost, GitAccess } from '../../ports/code-host.ts';
import { commitRef, type MirrorFolder } from './mirror-folder.ts';

export interface CommitWanted {
  readonly repository: RepositoryRef;
  /** Where the host keeps it, whole: `refs/pull/7/head`. */
  readonly ref: string;
  readonly sha: string;
  readonly host: CodeHost;
  readonly fetchLimitMs: number;
  readonly call: Call;
}

/** Sees to it that the commit is in the mirror, fetching only when it is not. */
export async function ensureCommit(mirrors: MirrorFolder, wanted: CommitWanted): Promise<void> {
  const { repository, sha, host, call } = wanted;
  if (await mirrors.has(repository.id, sha)) return;
  await mirrors.writingTo(repository.id, call.signal, async (mirror) => {
    // Whoever had the mirror before us may have fetched it.
    if (await mirrors.has(repository.id, sha)) return;
    const access = await host.gitAccess(repository, call);
    if (!(await fetchCommit(mirror, wanted, access)).failed) return;
    const byRef = await fetchRef(mirror, wanted, access);
    if (!byRef.failed && (await isReached(mirror, wanted))) return;
    throw await whyMissing(mirrors, wanted, { access, reason: byRef.failed, mirror });
  });
}

interface Fetched {
  /** Why it did not come. */
  readonly failed: unknown;
}

/** The commit itself: exactly what is wanted, and found even after the branch moved on. Some hosts do not give out commits by hash. */
const fetchCommit = (mirror: string, wanted: CommitWanted, access: GitAccess): Promise<Fetched> =>
  fetching(`+${wanted.sha}:${commitRef(wanted.sha)}`, mirror, wanted, access);

/** What its ref leads to now, which may be another commit. */
const fetchRef = (mirror: string, wanted: CommitWanted, access: GitAccess): Promise<Fetched> =>
  fetching(`+${wanted.ref}:${hereOf(wanted.ref)}`, mirror, wanted, access);

const hereOf = (ref: string): string => ref.replace(/^refs\//, 'refs/wizard/');

async function fetching(what: string, mirror: string, wanted: CommitWanted, access: GitAccess): Promise<Fetched> {
  try {
    await git(['fetch', ...quietly, '--', access.url, what], mirror, { wanted, access });
    return { failed: undefined };
  } catch (error) {
    if (codeOf(error) !== 'command/failed') throw error;
    return { failed: error };
  }
}

/** Whether what was fetched by its ref leads to the commit; then it is in the mirror, and that is written down. */
async function isReached(mirror: string, { sha, ref, call }: CommitWanted): Promise<boolean> {
  const about = { cwd: mirror, signal: call.signal, timeLimitMs: 60_000, doing: 'looking for a commit' };
  const asked = ['merge-base', '--is-ancestor', sha, hereOf(ref)];
  const { status } = await runGit(asked, { ...about, allow: () => true });
  if (status === 0) await runGit(['update-ref', commitRef(sha), sha], about);
  return status === 0;
}

/**
 * Git says all failures with one status, so we ask the host what it has: another head (or none) means that the commit was pushed away;
 * no answer means trouble on the way, and the code host can say whether it is our access.
 */
async function whyMissing(
  mirrors: MirrorFolder,
  wanted: CommitWanted,
  { access, reason, mirror }: { access: GitAccess; reason: unknown; mirror: string },
): Promise<WizardError> {
  const { sha, host, repository, call } = wanted;
  const head = await remoteHead(mirror, wanted, access).catch((error: unknown) => {
    if (codeOf(error) !== 'command/failed') throw error;
    return { error };
  });
  if (typeof head === 'string' && head !== sha) {
    return new WizardError(`superseded: commit ${shortSha(sha)} is no longer in the repository`, {
      code: 'checkout/superseded',
      remedy: 'change-input',
      hint: 'Push again, or redeploy: the present head is then built.',
    });
  }
  await host.repository(repository.name, call);
  if (typeof head === 'string') await mirrors.checkSound(repository.id);
  return new WizardError(`getting commit ${shortSha(sha)} of ${repository.name}: the fetch failed`, {
    code: 'checkout/fetch-failed',
    remedy: 'try-again',
    cause: typeof head === 'string' ? reason : head.error,
  });
}

/** The commit that the ref is at now; empty when there is no such ref. */
async function remoteHead(mirror: string, wanted: CommitWanted, access: GitAccess): Promise<string> {
  const { stdout } = await git(['ls-remote', '--quiet', '--', access.url, wanted.ref], mirror, { wanted, access });
  return stdout.slice(0, stdout.indexOf('\t'));
}

const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance'];

const git = (args: readonly string[], cwd: string, { wanted, access }: { wanted: CommitWanted; access: GitAccess }) =>
  runGit(args, {
    cwd,
    env: { ...access.env, GIT_ALLOW_PROTOCOL: protocolOf(access.url) },
    signal: wanted.call.signal,
    timeLimitMs: wanted.fetchLimitMs,
    doing: `fetching ${wanted.repository.name}`,
  });
