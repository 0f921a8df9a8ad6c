import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import * as z from 'zod';
import { WizardError } from '../domain/wizard-error.ts';
import { type Config, type RepositoryConfig, recipeFile } from './config.ts';
import { crossMistakes } from './cross-mistakes.ts';
import { dataSourceSchema } from './data-source-schema.ts';
import { databaseOf } from './database-of.ts';
import { mistakesBetweenParts } from './judge-recipe.ts';
import { allSecrets, databasesOf, dumpsOf, machineChoices } from './machine-context.ts';
import { machineSchema } from './machine-schema.ts';
import { makeRecipe } from './make-recipe.ts';
import { mend } from './mend.ts';
import type { Outside } from './outside.ts';
import { invalidFile } from './problem-list.ts';
import type { RecipeContext } from './recipe-context.ts';
import { schemaProblems, valueAt } from './schema-problems.ts';
import { type Problem, parseSource } from './source.ts';
import { limits, type WizardSettings, wizardSchema } from './wizard-schema.ts';

/**
 * Reads `wizard.yml`. Throws one `fix-setup` error, code `config/invalid`, that lists every mistake with its place; the values of
 * secrets are not in it. `env` is where `${env:NAME}` is looked up.
 */
export async function loadConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Config> {
  const full = resolve(path);
  return parseConfig(await textOf(full), full, env);
}

/** The same for a text; `path` is where it would stand. */
export function parseConfig(text: string, path: string, env: Readonly<Record<string, string | undefined>>): Config {
  const outside: Outside = { env, directory: dirname(path) };
  const source = parseSource(basename(path), text);
  if (source.problems.length > 0) throw invalidFile(source, source.problems, 'fix-setup');
  const parsed = wizardSchema(outside).safeParse(source.value);
  const problems = [
    ...(parsed.success ? [] : schemaProblems(parsed.error, source.value)),
    ...crossMistakes(source.value),
    ...inlineRecipeMistakes(source.value, outside),
  ];
  if (!parsed.success || problems.length > 0) throw invalidFile(source, problems, 'fix-setup');
  return configOf(parsed.data, path, env);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new WizardError(`reading ${basename(path)}: it cannot be read`, {
      code: 'config/unreadable',
      remedy: 'fix-setup',
      hint: `Make one with "wizard init", or name another with --config. Looked for ${path}.`,
      cause,
    });
  }
}

/** What is wrong between the parts of recipes, even when other parts of the file are not right. */
function inlineRecipeMistakes(root: unknown, outside: Outside): Problem[] {
  const repositories = valueAt(root, ['repositories']);
  if (!Array.isArray(repositories)) return [];
  const context = rawContext(root, outside);
  const source = dataSourceSchema(outside);
  const unclear = Object.entries(Object(valueAt(root, ['data-sources'])))
    .filter(([, value]) => !source.safeParse(value).success)
    .map(([name]) => `data-sources.${name}`);
  return repositories.flatMap((repository: unknown, index): Problem[] =>
    mistakesBetweenParts(valueAt(repository, ['recipe']), context)
      .filter(({ needs = [] }) => !needs.some((part) => unclear.includes(part)))
      .map((problem) => ({ ...problem, path: ['repositories', index, 'recipe', ...problem.path] })),
  );
}

/** As much as can be told from a file that may hold other mistakes. */
function rawContext(root: unknown, outside: Outside): RecipeContext {
  const keys = (key: string): string[] => Object.keys(Object(valueAt(root, [key])));
  const right = <Value>(key: string, schema: z.ZodType<Value>): Readonly<Record<string, Value>> =>
    Object.fromEntries(
      Object.entries(Object(valueAt(root, [key]))).flatMap(([name, value]) => {
        const parsed = schema.safeParse(value);
        return parsed.success ? [[name, parsed.data]] : [];
      }),
    );
  const unclear = keys('machines').map(
    (name) => [name, { name, kind: '', spec: {}, user: '', port: 0, bootLimitMs: 0, hostKeyWaitMs: 0 }] as const,
  );
  const machines = { ...Object.fromEntries(unclear), ...machineChoices(right('machines', machineSchema(outside))) };
  const sources = right('data-sources', dataSourceSchema(outside));
  const isOpened = valueAt(root, ['dns']) !== undefined;
  const publicUrl = z.string().safeParse(valueAt(root, ['public-url'])).data ?? 'http://';
  const hostName = valueAt(root, ['host-name']);
  return operatorContext({
    secrets: keys('secrets'),
    data: keys('data-sources'),
    hostName: typeof hostName === 'string' ? hostName : '{endpoint}',
    machines,
    dumps: dumpsOf(sources),
    databases: databasesOf(sources),
    ...(isOpened ? { openPort: portOf(publicUrl) } : {}),
    limits: rawLimits(valueAt(root, ['limits'])),
  });
}

function rawLimits(written: unknown): WizardSettings['limits'] {
  const { value, taken } = mend(limits, written ?? {}) ?? { value: limits.parse({}), taken: [['longest-time']] };
  // A limit that cannot be read is not held against recipes.
  const isUnknown = taken.some(([key]) => key === 'longest-time');
  return isUnknown ? { ...value, longestTime: Number.POSITIVE_INFINITY } : value;
}

type Powers = Omit<RecipeContext, 'from' | 'limits'> & {
  readonly limits: WizardSettings['limits'];
};

/** The port that people open at a public URL. */
const portOf = (url: string): number => Number(/:([0-9]+)$/.exec(url)?.[1] ?? (url.startsWith('https') ? 443 : 80));

function operatorContext({ limits, ...powers }: Powers): RecipeContext {
  const { stepTime, startTime, longestTime, stopGrace } = limits;
  return {
    ...powers,
    from: 'operator',
    limits: { stepTimeMs: stepTime, startTimeMs: startTime, longestTimeMs: longestTime, stopGraceMs: stopGrace },
  };
}

function configOf(settings: WizardSettings, path: string, env: Outside['env']): Config {
  const { repositories, publicUrl, hostName, limits: times, ...rest } = settings;
  const inFolder = (inner: string): string => resolve(dirname(path), inner);
  const context = operatorContext({
    secrets: Object.keys(rest.secrets),
    data: Object.keys(rest.dataSources),
    machines: machineChoices(rest.machines),
    dumps: dumpsOf(rest.dataSources),
    databases: databasesOf(rest.dataSources),
    ...(rest.dns ? { openPort: publicUrl?.port ?? (publicUrl?.scheme === 'https' ? 443 : 80) } : {}),
    hostName,
    limits: times,
  });
  return {
    ...rest,
    ...databaseOf(rest.database, env),
    path,
    secrets: allSecrets(rest),
    dataDirectory: inFolder(rest.dataDirectory),
    codeHosts: mapValues(rest.codeHosts, (host) =>
      host.kind === 'repository-folder' ? { ...host, path: inFolder(host.path) } : host,
    ),
    dataSources: mapValues(rest.dataSources, (source) => ({
      ...source,
      ...(source.dump === undefined ? {} : { dump: inFolder(source.dump) }),
      ...(source.directory === undefined ? {} : { directory: inFolder(source.directory) }),
    })),
    publicUrl: publicUrl
      ? { scheme: publicUrl.scheme, port: publicUrl.port }
      : { scheme: 'http', port: rest.dns ? undefined : rest.listen.gateway.port },
    hostNameTemplate: hostName,
    repositories: repositories.map((one) => repositoryOf(one, Object.keys(rest.codeHosts)[0] ?? '', context)),
    limits: {
      ...context.limits,
      watchEveryMs: times.watchEvery,
      sweepEveryMs: times.sweepEvery,
      keepTimeline: times.keepTimeline,
      keepDeliveries: times.keepDeliveries,
      keepReuseBytes: times.keepReuse * 2 ** 20,
      keepClosedMs: times.keepClosed,
    },
  };
}

function repositoryOf(
  written: WizardSettings['repositories'][number],
  onlyCodeHost: string,
  context: RecipeContext,
): RepositoryConfig {
  const { name, codeHost = onlyCodeHost, slug, policy, submodules, recipe, recipeFrom, allow } = written;
  const about = { name, codeHost, slug, policy, submodules };
  if (recipe !== undefined) {
    const made = makeRecipe(recipe, context);
    // Its mistakes were reported before; this says so should that ever change.
    if ('problems' in made) throw new Error(`reading the recipe of ${name}: ${made.problems[0]?.message}`);
    return { ...about, recipe: { from: 'operator', recipe: made.recipe } };
  }
  const from = recipeFrom ?? 'base';
  const granted =
    allow ??
    (from === 'base'
      ? { secrets: context.secrets, data: context.data, machines: Object.keys(context.machines) }
      : { secrets: [], data: [], machines: [] });
  const machines = Object.fromEntries(
    Object.entries(context.machines).filter(([machine]) => granted.machines.includes(machine)),
  );
  return { ...about, recipe: { from, path: recipeFile, context: { ...context, from, ...granted, machines } } };
}

function mapValues<Value, Other>(record: Readonly<Record<string, Value>>, change: (value: Value) => Other) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
