import { type Config, type RepositoryConfig, recipeFile, urlOf } from './config/config.ts';
import { dnsChoice } from './config/machine-context.ts';
import { parseRecipe } from './config/parse-recipe.ts';
import type { EnvironmentId } from './domain/claim.ts';
import { environmentIds, hostNames } from './domain/names.ts';
import { isFromFork, type PullRequest } from './domain/pull-request.ts';
import type { Recipe } from './domain/recipe.ts';
import { WizardError } from './domain/wizard-error.ts';
import { dataVersion } from './drivers/data-files/data-versions.ts';
import { goldenRoot } from './golden-sources.ts';
import { goldenManifestOf } from './kit/golden/golden-manifest.ts';
import type { Call } from './ports/call.ts';
import type { CodeHost } from './ports/code-host.ts';
import type { DataBakes } from './ports/data-bakes.ts';
import type { RepositorySetup } from './ports/repositories.ts';

export interface RepositoriesAbout {
  readonly config: Config;
  readonly codeHosts: ReadonlyMap<string, CodeHost>;
  /** Missing: nothing is baked. */
  readonly bakes?: Pick<DataBakes, 'version'>;
  /** Whether another environment has this host. */
  readonly isTaken: (host: string, id: EnvironmentId) => boolean;
}

/** The repositories of `wizard.yml` as the loop asks for them. */
export const configuredRepositories = (about: RepositoriesAbout): RepositorySetup[] =>
  about.config.repositories.map((one) => setupOf(about, one));

function setupOf({ config, codeHosts, bakes, isTaken }: RepositoriesAbout, one: RepositoryConfig): RepositorySetup {
  const host = codeHosts.get(one.codeHost);
  if (!host)
    throw new WizardError(`setting up ${one.name}: no code host is called ${one.codeHost}`, {
      code: 'config/unknown-code-host',
      remedy: 'fix-setup',
    });
  const recipes = new Map<string, Recipe>();
  return {
    name: one.name,
    host,
    policy: one.policy,
    ...(config.dns ? { dns: dnsChoice(config.dns) } : {}),
    environmentIds: (repository, number) => environmentIds(repository, one.slug, number),
    hosts: ({ id, repository, number }, endpoints) =>
      hostNames({
        template: config.hostNameTemplate,
        domain: config.domain,
        endpoints,
        repository,
        slug: one.slug,
        number,
        id,
        isTaken: (name) => isTaken(name, id),
      }),
    urls: (hosts) =>
      Object.fromEntries(Object.entries(hosts).map(([endpoint, name]) => [endpoint, urlOf(config.publicUrl, name)])),
    recipe: (pull, sha, call) => recipeOf(host, one, pull, sha, recipes, call),
    async branchHead(name, branch, call) {
      const repository = await host.repository(name, call);
      const sha = await host.branchHead?.(repository, branch, call);
      if (sha !== undefined) return { repository, sha };
      throw new WizardError(`looking for the branch ${branch} of ${name}: it has none of that name`, {
        code: 'config/unknown-branch',
        remedy: 'fix-setup',
        hint: 'Name another under "configure" in the recipe, or push it.',
      });
    },
    async data(source) {
      const about = config.dataSources[source];
      if (!about)
        throw new WizardError(`looking for the data source ${source}: wizard.yml has none`, {
          code: 'config/unknown-data-source',
          remedy: 'change-input',
        });
      if ((!about.bake && !about.golden && !about.goldenFiles) || !bakes)
        return { version: (await dataVersion(about)) ?? 'unreadable', masked: about.masked };
      const version = await bakes.version(source);
      const manifest = about.golden && (await goldenManifestOf(goldenRoot(config.dataDirectory), source, version));
      return { version, masked: about.masked || manifest?.masked === true };
    },
  };
}

const keptRecipes = 200;

/** From the operator's file; or from the repository, at its base branch or, under the rules of trust, at the commit itself. */
async function recipeOf(
  host: CodeHost,
  one: RepositoryConfig,
  pull: PullRequest,
  sha: string,
  known: Map<string, Recipe>,
  call: Call,
): Promise<Recipe> {
  if (one.recipe.from === 'operator') return one.recipe.recipe;
  const { path, context } = one.recipe;
  // A stranger's commit does not say what is run here, whatever the operator chose for their own.
  const from = isFromFork(pull) ? 'base' : one.recipe.from;
  // The base branch moves without the pull request changing; it is read again at each commit and each change of the description.
  const ref = from === 'head' ? sha : pull.baseRef;
  const key = from === 'head' ? sha : `${ref} ${sha} ${pull.updatedAt}`;
  const kept = known.get(key);
  if (kept) return kept;
  const text = await host.readFile(pull.repository, path, ref, call);
  if (text === undefined) {
    throw new WizardError(`reading the recipe: ${recipeFile} is not in ${pull.repository.name} at ${ref}`, {
      code: 'recipe/missing',
      remedy: 'change-input',
      hint: `Add ${recipeFile} there, or give the repository a recipe in wizard.yml.`,
    });
  }
  const recipe = parseRecipe(text, path, context);
  if (known.size >= keptRecipes) known.clear();
  known.set(key, recipe);
  return recipe;
}
