import type { RepositoryRef } from '../../src/domain/pull-request.ts';
import { githubCodeHost } from '../../src/drivers/code-hosts/github/github-code-host.ts';
import { type GithubApi, type GithubAuth, githubApi } from '../../src/kit/github-api.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import { type SilentLog, silentLog } from '../silent-log.ts';
import { type GithubStandIn, githubStandIn, type StandInOptions } from './stand-in.ts';

/** A GitHub on this machine, with one repository on it, and our side of it. */
export interface GithubTestWorld {
  readonly github: GithubStandIn;
  readonly api: GithubApi;
  readonly host: CodeHost;
  readonly repository: RepositoryRef;
  readonly log: SilentLog;
  close(): Promise<void>;
}

export interface TestWorldOptions extends StandInOptions {
  /** Our side is an App instead of a token. */
  readonly app?: boolean;
  readonly clock?: Clock;
}

export async function githubTestWorld(options: TestWorldOptions = {}): Promise<GithubTestWorld> {
  const { clock, app = false } = options;
  const github = await githubStandIn(clock ? { nowMs: () => clock.now(), ...options } : options);
  const log = silentLog();
  const auth = app ? appAuthOf(github) : { token: new Secret(github.token) };
  const api = githubApi({ baseUrl: github.baseUrl, auth, log, paced: false, ...(clock ? { clock } : {}) });
  const repository = github.world.addRepository('acme/shop');
  return { github, api, host: githubCodeHost(api), repository, log, close: () => github.close() };
}

const appAuthOf = (github: GithubStandIn): GithubAuth => ({
  appId: github.access.app.id,
  privateKey: new Secret(github.access.app.privateKey),
});
