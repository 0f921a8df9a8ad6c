import { join } from 'node:path';
import { githubCodeHost } from '../../src/drivers/code-hosts/github/github-code-host.ts';
import { pullRequestWatch } from '../../src/intake/pull-request-watch.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { githubApi } from '../../src/kit/github-api.ts';
import { Secret } from '../../src/kit/secret.ts';
import { changes } from '../../src/reconcile/changes.ts';
import { inventory } from '../../src/reconcile/inventory.ts';
import { knownRepositories } from '../../src/reconcile/known-repositories.ts';
import { openEmbeddedStore } from '../../src/store/open-store.ts';
import { aRecipe } from '../../testing/builders.ts';
import { githubStandIn } from '../../testing/github/stand-in.ts';
import { memorySetup } from '../../testing/memory-heart.ts';
import { quiet } from '../quiet.ts';

/** What one resync asked of GitHub over HTTP. */
export interface Asked {
  readonly requests: number;
  /** Those that take from the allowance of 5,000 an hour: "not modified" does not. */
  readonly counted: number;
}

export interface GithubResync {
  readonly environments: number;
  readonly repositories: number;
  /** The server has just been started: what is closed is listed too, and nothing was heard before. */
  readonly first: Asked;
  /** Each minute from then on, while nothing changes. */
  readonly next: Asked;
}

/** Resyncs of GitHub's driver with a token, against the stand-in that is held to GitHub's description. */
export async function githubResync(
  folder: string,
  { environments, repositories }: { readonly environments: number; readonly repositories: number },
): Promise<GithubResync> {
  const github = await githubStandIn();
  const store = await openEmbeddedStore(join(folder, 'github.sqlite'));
  try {
    const names = Array.from({ length: repositories }, (_, index) => `acme/shop-${index}`);
    for (const name of names) github.world.addRepository(name);
    for (let index = 0; index < environments; index++) github.world.openPull(`acme/shop-${index % repositories}`);
    const api = githubApi({
      baseUrl: github.baseUrl,
      auth: { token: new Secret(github.token) },
      log: quiet,
      paced: false,
    });
    const host = githubCodeHost(api);
    const heart = {
      store,
      clock: systemClock,
      log: quiet,
      random: Math.random,
      drivers: new Map(),
      repositories: knownRepositories(names.map((name) => memorySetup(host, aRecipe(), undefined, name))),
      changes: changes(),
      inventory: inventory(),
    };
    let marked = 0;
    const watch = pullRequestWatch(heart, () => {
      marked += 1;
    });
    const asked = async (): Promise<Asked> => {
      const before = { requests: github.requests.length, counted: github.counted };
      await watch(new AbortController().signal);
      return { requests: github.requests.length - before.requests, counted: github.counted - before.counted };
    };
    const first = await asked();
    if (marked !== environments) throw new Error(`the first resync found ${marked} pull requests of ${environments}`);
    return { environments, repositories, first, next: await asked() };
  } finally {
    await store.close();
    await github.close();
  }
}
