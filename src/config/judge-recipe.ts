import { makeRecipe } from './make-recipe.ts';
import { mend } from './mend.ts';
import type { RecipeContext } from './recipe-context.ts';
import { recipeSchema } from './recipe-schema.ts';
import { valueAt } from './schema-problems.ts';
import type { Path, Problem } from './source.ts';

/**
 * What is wrong between the parts of a recipe, as far as it can be judged beside mistakes within them, which the schema tells. Nothing that
 * only follows from one of those is told.
 */
export function mistakesBetweenParts(written: unknown, context: RecipeContext): readonly Problem[] {
  const mended = mend(recipeSchema, written);
  if (!mended) return [];
  const made = makeRecipe(mended.value, context);
  if (!('problems' in made)) return [];
  const { taken } = mended;
  return made.problems.filter(
    ({ path, needs = [] }) =>
      !taken.some((one) => isAbove(one, path)) && !needs.some((part) => isUnclear(part, written, taken)),
  );
}

const isAbove = (above: Path, path: Path): boolean => above.every((part, index) => path[index] === part);

/** Whether names in this part of a recipe may be others once its mistakes are corrected. */
function isUnclear(part: string, written: unknown, taken: readonly Path[]): boolean {
  // A key that is not known may be this one, misspelt.
  if (valueAt(written, [part]) === undefined) return taken.some((path) => path.length === 1);
  // What a service tells depends on all of it; of the others only the names matter.
  return taken.some((path) => path[0] === part && (path.length <= 2 || part === 'services'));
}
