import type { Recipe } from '../domain/recipe.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { mistakesBetweenParts } from './judge-recipe.ts';
import { makeRecipe } from './make-recipe.ts';
import { invalidFile } from './problem-list.ts';
import type { RecipeContext } from './recipe-context.ts';
import { recipeSchema } from './recipe-schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { parseSource } from './source.ts';

const largestRecipe = 64 * 1024;

/**
 * The recipe in the text of a `.wizard.yml`. Throws one `change-input` error, code `config/invalid`, that lists every mistake with
 * its place: the text comes from the repository, so its author is who can mend it.
 */
export function parseRecipe(text: string, fileName: string, context: RecipeContext): Recipe {
  if (text.length > largestRecipe) {
    throw new WizardError(`reading ${fileName}: it is longer than ${largestRecipe} characters`, {
      code: 'config/recipe-too-long',
      remedy: 'change-input',
      hint: 'Move long commands into scripts of the repository.',
    });
  }
  const source = parseSource(fileName, text);
  if (source.problems.length > 0) throw invalidFile(source, source.problems, 'change-input');
  const parsed = recipeSchema.safeParse(source.value);
  if (!parsed.success) {
    const problems = [...schemaProblems(parsed.error, source.value), ...mistakesBetweenParts(source.value, context)];
    throw invalidFile(source, problems, 'change-input');
  }
  const made = makeRecipe(parsed.data, context);
  if ('problems' in made) throw invalidFile(source, made.problems, 'change-input');
  return made.recipe;
}
