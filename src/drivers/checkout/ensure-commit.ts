import { type RepositoryRef, shortSha } from '../../domain/pull-request.ts';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { protocolOf, runGit } from '../../kit/run-git.ts';
import type { Call } from '../../ports/call.ts';
import type { CodeHost, GitAccess } from '../../ports/code-host.ts';
import { findCommit } from './find-commit.ts';
import type { MirrorFolder } from './mirror-folder.ts';

export interface CommitWanted {
  readonly repository: RepositoryRef;
  /** Where the host keeps it, whole: `refs/pull/7/head`. */
  readonly ref: string;
  readonly sha: string;
  readonly host: CodeHost;
  readonly fetchLimitMs: number;
  readonly call: Call;
}

/** A commit that is in the mirror. */
export interface CommitThere {
  /** The commit object's own bytes; they may still be on their way. */
  readonly bytes: Promise<Buffer>;
}

/** Sees to it that the commit is in the mirror, fetching only when it is not. */
export async function ensureCommit(mirrors: MirrorFolder, wanted: CommitWanted): Promise<CommitThere> {
  const { repository, sha, call } = wanted;
  const look = (mirror: string): Promise<Buffer | undefined> => findCommit(mirror, sha, call.signal);
  const there = await mirrors.peek(repository.id, look);
  if (there) return isThere(there);
  return mirrors.writingTo(repository.id, call.signal, async (mirror, waited) => {
    // Whoever had the mirror before us may have fetched it.
    const known = waited ? await look(mirror) : undefined;
    if (known) return isThere(known);
    const access = await wanted.host.gitAccess(repository, call);
    const isHere = await fetchCommit(mirror, wanted, access);
    const reason = isHere ? undefined : await fetchRef(mirror, wanted, access);
    const bytes = look(mirror).then(
      async (found) => found ?? Promise.reject(await whyMissing(mirrors, wanted, { access, reason, mirror })),
    );
    if (!isHere) return isThere(await bytes);
    // Whoever asked may fail before it comes to them.
    bytes.catch(() => undefined);
    return { bytes };
  });
}

const isThere = (bytes: Buffer): CommitThere => ({ bytes: Promise.resolve(bytes) });

/** The commit itself: exactly what is wanted, and found even after the branch moved on. Some hosts do not give out commits by hash. */
const fetchCommit = async (mirror: string, wanted: CommitWanted, access: GitAccess): Promise<boolean> =>
  (await fetching(wanted.sha, mirror, wanted, access)) === undefined;

/** What its ref leads to now. Answers why that failed; without a failure it may be another commit. */
const fetchRef = (mirror: string, wanted: CommitWanted, access: GitAccess): Promise<unknown> =>
  fetching(wanted.ref, mirror, wanted, access);

async function fetching(what: string, mirror: string, wanted: CommitWanted, access: GitAccess): Promise<unknown> {
  const into = wanted.ref.replace(/^refs\//, 'refs/wizard/');
  try {
    await git(['fetch', ...quietly, '--', access.url, `+${what}:${into}`], mirror, { wanted, access });
    return undefined;
  } catch (error) {
    if (codeOf(error) !== 'command/failed') throw error;
    return error;
  }
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
