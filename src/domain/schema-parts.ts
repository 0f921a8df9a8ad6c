import type { JsonObject } from './json.ts';
import type { Part } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import type { ProcessesRecipe } from './recipe.ts';
import { serviceSecret } from './service-parts.ts';

/** Far above what the driver's own tries take together: a look is no reason for an environment to fail. */
const schemaLimitMs = 5 * 60_000;

/** The databases of a recipe that migrates: those whose schema is compared. */
export const migratedDatabases = ({ release, services }: ProcessesRecipe): readonly string[] =>
  release.length === 0 ? [] : Object.keys(services).filter((name) => services[name]?.by === 'database');

export const schemaPartName = (database: string): string => `${database}-schema`;
export const changesPartName = (database: string): string => `${database}-changes`;

/**
 * For each database: its schema as the copy came, written down before the first release step, and after the last one what this pull
 * request has changed since. No commit is in the first, so what an earlier commit migrated is told with the later ones too.
 */
export function schemaParts(
  input: PlanInput<ProcessesRecipe>,
  released: readonly Part[],
): { readonly before: Part[]; readonly after: Part[] } {
  const [first, last] = [released[0], released.at(-1)];
  const databases = migratedDatabases(input.recipe);
  const steps = [...new Set([first, last])].flatMap((step) => step?.name ?? []);
  return {
    before: databases.map((name) => ({
      name: schemaPartName(name),
      kind: 'schema-snapshot',
      needs: [name],
      replace: 'beside',
      asleep: 'stays',
      timeLimitMs: schemaLimitMs,
      spec: placeOf(input, name),
    })),
    after: databases.map((name) => ({
      name: changesPartName(name),
      kind: 'schema-changes',
      needs: [name, schemaPartName(name), ...steps],
      replace: 'beside',
      timeLimitMs: schemaLimitMs,
      spec: {
        ...placeOf(input, name),
        revision: input.sha,
        schema: { fact: `${schemaPartName(name)}.path` },
        statementLog: { fact: `${name}.statementLog` },
        since: { fact: `${first?.name}.startedAt` },
        until: { fact: `${last?.name}.endedAt` },
      },
    })),
  };
}

/** Where the database is, and as whom the environment may look into it. */
function placeOf({ environment }: PlanInput<ProcessesRecipe>, name: string): JsonObject {
  const facts = ['engine', 'socket', 'port', 'user', 'database', 'path', 'method'];
  return {
    ...Object.fromEntries(facts.map((fact) => [fact, { fact: `${name}.${fact}` }])),
    password: { secret: serviceSecret(environment.id, name) },
  };
}
