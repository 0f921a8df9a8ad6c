import type { JsonObject } from './json.ts';
import type { DumpOrigin, MachineRecipe } from './machine-recipe.ts';
import type { PlanInput } from './plan-input.ts';
import { literal } from './template.ts';

/**
 * The environment variables of each service and of its dump, by file name. They hold secrets, so they are no part of the user-data,
 * which everything on the machine can read: they are sent over SSH.
 */
export function serviceFiles({ recipe }: PlanInput<MachineRecipe>): JsonObject {
  const files = Object.entries(recipe.services).flatMap(([name, { env, data }]): [string, JsonObject][] => [
    [`${name}.env`, literal({ ...env })],
    ...(data ? [[`${name}.dump`, dumpEnv(data.from)] satisfies [string, JsonObject]] : []),
  ]);
  return Object.fromEntries(files);
}

function dumpEnv(from: DumpOrigin): JsonObject {
  if (from.by === 'mysqldump') return { MYSQL_PWD: asValue(from.password) };
  if (from.by === 's3') return { DUMP_URL: { presigned: from.source } };
  return from.by === 'url' ? { DUMP_URL: asValue(from.url) } : {};
}

const asValue = (value: string | { readonly secret: string }) => (typeof value === 'string' ? value : { ...value });
