/** What the operator allows for a repository's pull requests. */
export interface Policy {
  readonly drafts: 'build' | 'ignore';
  /** `approval`: built when a member approved that very commit, without secrets. */
  readonly forks: 'never' | 'approval';
  /** When not empty: only pull requests with one of these labels. */
  readonly labels: readonly string[];
}
