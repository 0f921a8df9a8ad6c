import type { Environment } from '../../src/domain/environment.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { commitKind } from './commits.ts';

/** How an environment must end up once trouble is over. */
export type Expected =
  | { readonly phase: 'closed' | 'waiting' }
  | { readonly phase: 'live' | 'failed'; readonly sha: string };

/** Written without looking at how the server decides it: the second opinion. */
export function expectedOf(pull: PullRequest, policy: Policy, choices: Environment['choices'] | undefined): Expected {
  if (pull.state === 'closed') return { phase: 'closed' };
  if (choices?.heldGone || (pull.draft && policy.drafts === 'ignore')) return { phase: 'waiting' };
  const fork = pull.headRepositoryId !== pull.repository.id;
  const sha = fork ? choices?.approval?.sha : (choices?.pinnedSha ?? pull.headSha);
  if (sha === undefined) return { phase: 'waiting' };
  return { phase: commitKind(sha) === 'good' ? 'live' : 'failed', sha };
}
