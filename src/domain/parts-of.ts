import { machineParts } from './machine-plan.ts';
import type { Part } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import { processesParts } from './processes-plan.ts';
import type { Recipe } from './recipe.ts';
import type { ServiceRecipe } from './service-recipe.ts';

/** What the recipe's target consists of; throws `change-input` for what cannot be. */
export function partsOf(input: PlanInput): Part[] {
  const { recipe } = input;
  return recipe.target === 'machine' ? machineParts({ ...input, recipe }) : processesParts({ ...input, recipe });
}

/** The data sources whose versions the plan is made with: those that are baked before. */
export function dataSourcesOf(recipe: Recipe): readonly string[] {
  const named =
    recipe.target === 'processes'
      ? [
          recipe.data?.source,
          ...Object.values(recipe.services).map((one) => ('source' in one ? one.source : undefined)),
        ]
      : Object.values(recipe.services).map(({ data }) => (data?.from.by === 'baked' ? data.source : undefined));
  return [...new Set(named.flatMap((source) => source ?? []))];
}

/** The recipe without the sources that its code may not see: what would copy them begins empty, or is left out. */
export function withoutSources(recipe: Recipe, refused: readonly string[]): Recipe {
  if (recipe.target === 'machine' || refused.length === 0) return recipe;
  const { data, services, ...rest } = recipe;
  const kept = Object.entries(services).map(([name, service]): [string, ServiceRecipe] => {
    if (service.by !== 'database' || service.source === undefined || !refused.includes(service.source))
      return [name, service];
    const { source: _, ...empty } = service;
    return [name, empty];
  });
  return { ...rest, services: Object.fromEntries(kept), ...(data && !refused.includes(data.source) ? { data } : {}) };
}
