import type { PullRequest, RepositoryRef } from '../domain/pull-request.ts';
import type { Call } from './call.ts';

/**
 * Where pull requests live. Laws: a failed or incomplete listing throws, never an empty or short list; a pull request that is
 * closed is answered as closed, not as missing; losing access throws `fix-setup`; throttling throws `try-again` with `afterMs`.
 */
export interface CodeHost {
  readonly kind: string;
  /** The repository's id and present name; throws `fix-setup` when it cannot be read. */
  repository(name: string, call: Call): Promise<RepositoryRef>;
  /** Every open pull request, whole or not at all. Cheap when nothing changed (conditional requests). */
  openPullRequests(repository: RepositoryRef, call: Call): Promise<readonly PullRequest[]>;
  /** One pull request as it is now, open or closed; `undefined` only when the host says there never was one. */
  findPullRequest(repository: RepositoryRef, number: number, call: Call): Promise<PullRequest | undefined>;
  /** Closed ones that changed lately: for finding what a lost database forgot. Missing: the host cannot say. */
  recentlyClosed?(repository: RepositoryRef, call: Call): Promise<readonly PullRequest[]>;
  /** How git reaches the repository. The environment carries credentials (never the URL, never argv). */
  gitAccess(repository: RepositoryRef, call: Call): Promise<GitAccess>;
  /** The commit that a branch is at now, 40 hexadecimal digits; `undefined` when there is no such branch. Missing: the host cannot say. */
  branchHead?(repository: RepositoryRef, branch: string, call: Call): Promise<string | undefined>;
  /** A file of the repository at a branch or commit; `undefined` when it is not there. */
  readFile(repository: RepositoryRef, path: string, ref: string, call: Call): Promise<string | undefined>;
}

export interface GitAccess {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}
