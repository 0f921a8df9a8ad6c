import * as z from 'zod';
import { line, shortName } from './fields.ts';
import { recipeSchema } from './recipe-schema.ts';
import { type Complain, settings } from './settings.ts';

const names = (what: string) =>
  z.array(line(what), { error: 'expected a list of names' }).meta({ title: 'list of names' });

export const policySchema = settings({
  drafts: z.enum(['build', 'ignore']).prefault('build').describe('Whether draft pull requests get an environment.'),
  forks: z
    .enum(['never', 'approval'])
    .prefault('approval')
    .describe('Pull requests from forks: never, or when a member approved that very commit. Never with secrets.'),
  labels: names('a label').prefault([]).describe('When not empty: only pull requests with one of these labels.'),
});

export const allowSchema = settings({
  secrets: names('the name of a secret').prefault([]).describe('Secrets that the recipe in the repository may name.'),
  data: names('the name of a data source')
    .prefault([])
    .describe('Data sources that the recipe in the repository may name.'),
  machines: names('the name of a machine')
    .prefault([])
    .describe('Machines that the recipe in the repository may name.'),
});

/** One entry of `repositories`. */
export const repositorySchema = settings(
  {
    name: line('a repository as "owner/name"')
      .regex(/^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/, { error: 'expected a repository as "owner/name"' })
      .describe('`owner/name`, as the code host spells it.'),
    'code-host': line('the name of a code host')
      .exactOptional()
      .describe('Name under `code-hosts`. Without it the only one.'),
    slug: shortName(30).exactOptional().describe('How it is called in host names. Without it the part after the `/`.'),
    submodules: names('a repository as "owner/name"')
      .prefault([])
      .describe(
        'Repositories of the same code host that are fetched where a commit has them as submodules. Whoever may open a pull request can then read them.',
      ),
    policy: policySchema.prefault({}).describe('Which of its pull requests get an environment.'),
    recipe: recipeSchema.exactOptional().describe('What its environments consist of.'),
    'recipe-from': z
      .enum(['base', 'head'])
      .exactOptional()
      .describe(
        'Read the recipe from `.wizard.yml` in the repository instead: of the branch the pull request goes into, or of its own commit.',
      ),
    allow: allowSchema
      .exactOptional()
      .describe('What a recipe read from the repository may use. Without it: nothing from `head`, all from `base`.'),
  },
  oneRecipe,
);

function oneRecipe(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  if ('recipe' in value && 'recipe-from' in value)
    complain(['recipe-from'], 'expected either recipe or recipe-from, got both');
  if (!('recipe' in value) && !('recipe-from' in value)) complain([], 'expected recipe or recipe-from, got neither');
  if ('allow' in value && 'recipe' in value)
    complain(['allow'], 'only goes with recipe-from: a recipe written here may use everything');
}
