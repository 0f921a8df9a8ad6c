import { stableHash } from '../../../domain/stable-hash.ts';
import { codeOf, describeError } from '../../../domain/wizard-error.ts';
import { announcing, type GithubApi } from '../../../kit/github-api.ts';
import type { Located } from '../../../kit/github-repositories.ts';
import type { Call } from '../../../ports/call.ts';
import type { CommitStatus } from './commit-status.ts';

/** What was set last, as the handle keeps it. */
export interface StatusSet {
  readonly sha: string;
  readonly state: CommitStatus['state'];
  /** Hash of the whole. */
  readonly said: string;
}

export interface Setting {
  readonly api: GithubApi;
  readonly at: Located;
  readonly context: string;
  readonly call: Call;
}

/** Sets the status unless it is the one set last: GitHub takes 1,000 for a commit and no more. */
export async function setStatus(
  { api, at, context, call }: Setting,
  status: CommitStatus,
  last: StatusSet | undefined,
): Promise<StatusSet> {
  const { sha, state, description, targetUrl } = status;
  const set: StatusSet = { sha, state, said: stableHash(JSON.stringify([sha, state, description, targetUrl]), 16) };
  if (last?.said === set.said) return last;
  const doing = `setting the status of commit ${sha} of ${at.ref.name}`;
  try {
    await api.ask({ doing, repository: at.ref, permissions: announcing, call }, (github) =>
      github.rest.repos.createCommitStatus({
        owner: at.owner,
        repo: at.repo,
        sha,
        state,
        description,
        context,
        ...(targetUrl === undefined ? {} : { target_url: targetUrl }),
      }),
    );
  } catch (error) {
    // Full, or the commit is gone after a force-push: asking again gives the same answer, and the comment says it all.
    if (codeOf(error) !== 'github/refused') throw error;
    call.log.warn('pull-request.status-refused', { repository: at.ref.name, sha, error: describeError(error) });
  }
  return set;
}
