/** The code host's own id of a repository: survives renames and transfers, unlike its name. */
export type RepositoryId = string & { readonly brand: 'RepositoryId' };

export interface RepositoryRef {
  readonly id: RepositoryId;
  /** `owner/name`, as the code host spells it now. */
  readonly name: string;
}

/** A pull request as the code host described it when we last read it. Every text in it is hostile. */
export interface PullRequest {
  readonly repository: RepositoryRef;
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly url: string;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly draft: boolean;
  readonly labels: readonly string[];
  /** 40 hexadecimal digits. */
  readonly headSha: string;
  readonly headRef: string;
  /** Missing when the fork is gone. */
  readonly headRepositoryId: RepositoryId | null;
  readonly baseRef: string;
  readonly updatedAt: string;
}

/** What comes from a fork is a stranger's code; a fork that is gone counts as one. */
export function isFromFork(pull: PullRequest): boolean {
  return pull.headRepositoryId !== pull.repository.id;
}

export const isSha = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);
export const shortSha = (sha: string): string => sha.slice(0, 7);
