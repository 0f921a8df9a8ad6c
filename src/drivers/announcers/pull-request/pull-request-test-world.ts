import { aSha } from '../../../../testing/builders.ts';
import { type GithubTestWorld, githubTestWorld } from '../../../../testing/github/github-world.ts';

/** For tests: a GitHub with the pull requests 7 and 70, which `aNews()` and the laws speak of. */
export async function worldWithPull(options: { app?: boolean } = {}): Promise<GithubTestWorld> {
  const made = await githubTestWorld(options);
  for (const number of [7, 70]) made.github.world.openPull('acme/shop', { number, headSha: aSha(1) });
  const { pulls } = made.github.world.at('acme/shop');
  for (const number of [7, 70]) {
    const pull = [...pulls.values()][0];
    if (pull) pulls.set(number, { ...pull, number });
  }
  return made;
}
