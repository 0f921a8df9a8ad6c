import type { Environment } from './environment.ts';
import type { Json, JsonObject } from './json.ts';
import type { Part } from './plan.ts';
import type { EnvValue, Recipe, Step } from './recipe.ts';

export interface PlanInput {
  readonly environment: Environment;
  readonly recipe: Recipe;
  /** The commit that is wanted. */
  readonly sha: string;
  /** False for a stranger's code: no secret is given to it. */
  readonly trusted: boolean;
  /** Endpoint → URL. */
  readonly urls: Readonly<Record<string, string>>;
  /** Version of the golden copy of each data source. */
  readonly dataVersion: string;
}

const checkoutLimitMs = 10 * 60_000;
const dataLimitMs = 60 * 60_000;
const routeLimitMs = 60_000;

/** checkout ← build ← release ← processes ← route; data ← release. Everything but the route is made beside its predecessor. */
export function processesParts(input: PlanInput): Part[] {
  const { environment, recipe, sha } = input;
  const stamp = environment.choices.redeploys === 0 ? {} : { redeploy: environment.choices.redeploys };
  const parts: Part[] = [
    {
      name: 'checkout',
      kind: 'checkout',
      needs: [],
      replace: 'beside',
      timeLimitMs: checkoutLimitMs,
      spec: {
        repositoryId: environment.repository.id,
        repository: environment.repository.name,
        number: environment.number,
        sha,
        ...stamp,
      },
    },
  ];
  if (recipe.data) {
    parts.push({
      name: 'data',
      kind: 'data-files',
      needs: [],
      replace: 'beside',
      timeLimitMs: dataLimitMs,
      spec: { source: recipe.data.source, version: input.dataVersion, edition: environment.choices.dataEdition },
    });
  }
  const built = stepParts(input, recipe.build, 'build', ['checkout']);
  const dataNeed = recipe.data ? ['data'] : [];
  const released = stepParts(input, recipe.release, 'release', [...lastOf(built, 'checkout'), ...dataNeed]);
  const running = Object.entries(recipe.processes).map(
    ([name, one]): Part => ({
      name,
      kind: 'process',
      replace: 'beside',
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
        ...stamp,
      },
    }),
  );
  return [...parts, ...built, ...released, ...running, routePart(input)];
}

function stepParts(
  input: PlanInput,
  steps: readonly Step[],
  room: 'build' | 'release',
  first: readonly string[],
): Part[] {
  return steps.map((step, index): Part => {
    const before = steps[index - 1];
    return {
      name: `${room}-${step.name}`,
      kind: 'command',
      replace: 'beside',
      timeLimitMs: step.timeLimitMs,
      needs: unique(['checkout', ...first, ...(before ? [`${room}-${before.name}`] : [])]),
      spec: {
        directory: { fact: 'checkout.path' },
        run: step.run,
        revision: input.sha,
        timeLimitMs: step.timeLimitMs,
        env: environmentOf(input, step.env, room === 'release'),
        ...(step.reuse ? { reuse: reuseOf(input, step.reuse) } : {}),
      },
    };
  });
}

/** Kept for one repository, and what strangers' code made apart. */
const reuseOf = ({ environment, trusted }: PlanInput, { files, keep }: NonNullable<Step['reuse']>): JsonObject => ({
  files,
  keep,
  trusted,
  repository: environment.repository.id,
});

function routePart(input: PlanInput): Part {
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

/**
 * What every step and process finds in its environment; `PORT` is added by the process driver. A build does not wait for the data,
 * and a stranger's code may be given none: they are told nothing that speaks of it.
 */
function environmentOf(input: PlanInput, own: Readonly<Record<string, EnvValue>>, withData: boolean): JsonObject {
  const { environment, recipe, sha, urls } = input;
  const hasData = withData && recipe.data !== undefined;
  const fixed: Record<string, Json> = {
    WIZARD_ENVIRONMENT: environment.id,
    WIZARD_PULL_REQUEST: String(environment.number),
    WIZARD_REVISION: sha,
    ...(hasData ? { WIZARD_DATA: { fact: 'data.path' } } : {}),
  };
  for (const [endpoint, url] of Object.entries(urls))
    fixed[`WIZARD_URL_${endpoint.toUpperCase().replaceAll('-', '_')}`] = url;
  const chosen = Object.entries({ ...recipe.env, ...own }).flatMap(([name, value]): [string, Json][] => {
    if (typeof value === 'string' && !hasData && value.includes('${data}')) return [];
    if (typeof value === 'string') return [[name, withPlaces(value, input)]];
    return input.trusted ? [[name, { secret: value.secret }]] : [];
  });
  return { ...fixed, ...Object.fromEntries(chosen) };
}

/** `${data}/app.db` → a template. Unknown places were refused when the recipe was read; `${port}` is filled by the process driver. */
function withPlaces(text: string, input: PlanInput): Json {
  const parts = text
    .split(/(\$\{[a-z]+(?:\.[a-z0-9-]+)?\})/)
    .filter((part) => part !== '')
    .map((part): Json => {
      if (part === '${data}') return { fact: 'data.path' };
      if (part === '${revision}') return input.sha;
      if (part === '${number}') return String(input.environment.number);
      if (part === '${environment}') return input.environment.id;
      if (part.startsWith('${url.')) return input.urls[part.slice(6, -1)] ?? '';
      return part;
    });
  return parts.every((part) => typeof part === 'string') ? parts.join('') : { join: parts };
}

const lastOf = (steps: readonly Part[], otherwise: string): string[] => [steps.at(-1)?.name ?? otherwise];
const unique = (names: readonly string[]): string[] => [...new Set(names)];
