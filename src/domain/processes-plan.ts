import type { Json, JsonObject } from './json.ts';
import type { Part } from './plan.ts';
import { checkoutPart, envOf, type PlanInput, stampOf } from './plan-input.ts';
import type { EnvValue, ProcessesRecipe, Step } from './recipe.ts';
import { migratedDatabases, schemaPartName, schemaParts } from './schema-parts.ts';
import { serviceParts, servicePlace } from './service-parts.ts';

type Input = PlanInput<ProcessesRecipe>;

const dataLimitMs = 60 * 60_000;
const routeLimitMs = 60_000;

/** checkout ← build ← release ← processes ← route; data, services, their schemas ← release ← changes. Everything but the route is made beside its predecessor. */
export function processesParts(input: Input): Part[] {
  const { environment, recipe, sha } = input;
  const parts: Part[] = [checkoutPart(input)];
  if (recipe.data) {
    parts.push({
      name: 'data',
      kind: 'data-files',
      needs: [],
      replace: 'beside',
      renewedBy: 'dataEdition',
      asleep: 'stays',
      timeLimitMs: dataLimitMs,
      spec: {
        source: recipe.data.source,
        version: input.dataVersions[recipe.data.source] ?? '',
        edition: environment.choices.dataEdition,
      },
    });
  }
  const built = stepParts(input, recipe.build, 'build', ['checkout']);
  const services = serviceParts(input);
  const dataNeed = [...(recipe.data ? ['data'] : []), ...services.map(({ name }) => name)];
  const schemas = migratedDatabases(recipe).map(schemaPartName);
  const released = stepParts(input, recipe.release, 'release', [...lastOf(built, 'checkout'), ...dataNeed, ...schemas]);
  const compared = schemaParts(input, released);
  const running = Object.entries(recipe.processes).map(
    ([name, one]): Part => ({
      name,
      kind: 'process',
      replace: 'beside',
      renewedBy: 'redeploys',
      timeLimitMs: one.timeLimitMs,
      needs: unique(['checkout', ...lastOf(built, 'checkout'), ...lastOf(released, 'checkout'), ...dataNeed]),
      spec: {
        directory: { fact: 'checkout.path' },
        run: one.run,
        health: { ...one.health },
        revision: sha,
        stopGraceMs: one.stopGraceMs,
        timeLimitMs: one.timeLimitMs,
        ...(one.memoryMb === undefined ? {} : { memoryMb: one.memoryMb }),
        env: environmentOf(input, one.env, true),
        ...stampOf(environment),
      },
    }),
  );
  return [
    ...parts,
    ...services,
    ...compared.before,
    ...built,
    ...released,
    ...running,
    ...compared.after,
    routePart(input),
  ];
}

function stepParts(input: Input, steps: readonly Step[], room: 'build' | 'release', first: readonly string[]): Part[] {
  return steps.map((step, index): Part => {
    const before = steps[index - 1];
    return {
      name: `${room}-${step.name}`,
      kind: 'command',
      replace: 'beside',
      renewedBy: 'redeploys',
      // Migrations look at the database, which is off: they are run again when it is on.
      ...(room === 'build' ? { asleep: 'stays' as const } : {}),
      timeLimitMs: step.timeLimitMs,
      needs: unique(['checkout', ...first, ...(before ? [`${room}-${before.name}`] : [])]),
      spec: {
        directory: { fact: 'checkout.path' },
        run: step.run,
        revision: input.sha,
        timeLimitMs: step.timeLimitMs,
        ...(step.memoryMb === undefined ? {} : { memoryMb: step.memoryMb }),
        env: environmentOf(input, step.env, room === 'release'),
        ...(step.reuse ? { reuse: reuseOf(input, step.reuse) } : {}),
      },
    };
  });
}

/** Kept for one repository, and what strangers' code made apart. */
const reuseOf = ({ environment, trusted }: Input, { files, keep }: NonNullable<Step['reuse']>): JsonObject => ({
  files,
  keep,
  trusted,
  repository: environment.repository.id,
});

function routePart(input: Input): Part {
  const { environment, recipe, sha } = input;
  const targets = Object.entries(recipe.endpoints).map(([endpoint, { process }]): [string, Json] => [
    endpoint,
    { host: environment.hosts[endpoint] ?? '', port: { fact: `${process}.port` } },
  ]);
  return {
    name: 'route',
    kind: 'route',
    replace: 'in-place',
    timeLimitMs: routeLimitMs,
    // The workers too: a commit is live when all of it runs.
    needs: Object.keys(recipe.processes),
    spec: { revision: sha, targets: Object.fromEntries(targets) },
  };
}

/** A build waits for neither data nor services, so it is told nothing of them. */
const environmentOf = (input: Input, own: Readonly<Record<string, EnvValue>>, withData: boolean): JsonObject =>
  envOf(input, own, withData && input.recipe.data !== undefined, (name, what) =>
    withData ? servicePlace(input, name, what) : undefined,
  );

const lastOf = (steps: readonly Part[], otherwise: string): string[] => [steps.at(-1)?.name ?? otherwise];
const unique = (names: readonly string[]): string[] => [...new Set(names)];
