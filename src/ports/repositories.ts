import type { EnvironmentId } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import type { DnsChoice } from '../domain/plan-input.ts';
import type { Policy } from '../domain/policy.ts';
import type { PullRequest, RepositoryRef } from '../domain/pull-request.ts';
import type { Recipe } from '../domain/recipe.ts';
import type { Call } from './call.ts';
import type { CodeHost } from './code-host.ts';

/** One repository of `wizard.yml`. */
export interface RepositorySetup {
  /** As configured: `owner/name`. */
  readonly name: string;
  readonly host: CodeHost;
  readonly policy: Policy;
  /** Missing: the operator's own wildcard leads all names to the gateway. */
  readonly dns?: DnsChoice;
  /** Names for a new environment, to try in order. */
  environmentIds(repository: RepositoryRef, number: number): readonly EnvironmentId[];
  /** Endpoint → host name. */
  hosts(
    environment: Pick<Environment, 'id' | 'repository' | 'number'>,
    endpoints: readonly string[],
  ): Readonly<Record<string, string>>;
  /** Endpoint → URL that people open. */
  urls(hosts: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** What this commit's environment is to be; throws `change-input` naming file, line and key. */
  recipe(pull: PullRequest, sha: string, call: Call): Promise<Recipe>;
  /** The newest version of a data source, and whether it holds nothing personal: only then a stranger's code gets it. */
  data(source: string): Promise<{ readonly version: string; readonly masked: boolean }>;
  /** The commit that a branch of another repository on the same host is at now; throws `fix-setup` when it has none. */
  branchHead(
    name: string,
    branch: string,
    call: Call,
  ): Promise<{ readonly repository: RepositoryRef; readonly sha: string }>;
}
