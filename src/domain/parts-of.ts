import { machineParts } from './machine-plan.ts';
import type { Part } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import { processesParts } from './processes-plan.ts';
import type { Recipe } from './recipe.ts';

/** What the recipe's target consists of; throws `change-input` for what cannot be. */
export function partsOf(input: PlanInput): Part[] {
  const { recipe } = input;
  return recipe.target === 'machine' ? machineParts({ ...input, recipe }) : processesParts({ ...input, recipe });
}

/** The data source whose version the plan is made with; missing: the recipe has none that is baked before. */
export function dataSourceOf(recipe: Recipe): string | undefined {
  if (recipe.target === 'processes') return recipe.data?.source;
  return Object.values(recipe.services).find(({ data }) => data?.from.by === 'baked')?.data?.source;
}
