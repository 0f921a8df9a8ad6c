import type { EnvValue } from '../domain/recipe.ts';
import { changesPartName, schemaPartName } from '../domain/schema-parts.ts';
import { servicePlaces } from '../domain/service-recipe.ts';
import { servicesOf, sourceOf } from './make-services.ts';
import { suggestion } from './nearest.ts';
import { placeMistakes } from './places.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { ProcessSettings, RecipeSettings, StepSettings } from './recipe-schema.ts';
import type { OwnServiceSettings } from './service-schema.ts';
import type { Path, Problem } from './source.ts';
import { stepNames } from './step-names.ts';

type Endpoints = Readonly<Record<string, string>>;

/** Names that lead nowhere, meet each other, or are not this recipe's to use. */
export function recipeMistakes(settings: RecipeSettings, endpoints: Endpoints, context: RecipeContext): Problem[] {
  return [
    ...processMistakes(settings),
    ...serviceMistakes(settings, context),
    ...endpointMistakes(settings, endpoints, context),
    ...stepMistakes(settings.build, 'build'),
    ...stepMistakes(settings.release, 'release'),
    ...dataMistakes(settings, context),
    ...envMistakes(settings, endpoints, context),
    ...timeMistakes(settings, context),
  ];
}

/** Other parts of the plan, and what the timeline calls the environment itself. */
const reserved = ['checkout', 'data', 'route', 'environment'];

/** Also the parts that a database has beside itself. */
const isReserved = (name: string, { services }: Pick<RecipeSettings, 'services'>): boolean =>
  reserved.includes(name) ||
  /^(build|release)-/.test(name) ||
  Object.keys(services).some((service) => [schemaPartName(service), changesPartName(service)].includes(name));

function processMistakes(settings: RecipeSettings): Problem[] {
  const names = Object.keys(settings.processes);
  if (names.length === 0)
    return [{ path: ['processes'], message: 'expected at least one process', on: 'key', needs: ['processes'] }];
  return names
    .filter((name) => isReserved(name, settings))
    .map((name) => ({
      path: ['processes', name],
      message: `"${name}" is the name of another part of an environment; choose another`,
      on: 'key',
    }));
}

function serviceMistakes({ services, processes }: RecipeSettings, context: RecipeContext): Problem[] {
  return Object.entries(services).flatMap(([name, service]): Problem[] => {
    const path = ['services', name];
    if (name in processes || isReserved(name, { services })) {
      return [{ path, message: `"${name}" is the name of another part of an environment; choose another`, on: 'key' }];
    }
    const source = sourceOf(service);
    if (source === undefined) return [];
    const unknown = notAllowed('data source', source, context.data, context.from);
    if (unknown !== undefined) return [{ path: [...path, 'data'], message: unknown }];
    const message = wrongEngine(source, service, context);
    return message === undefined ? [] : [{ path: [...path, 'data'], message, needs: [`data-sources.${source}`] }];
  });
}

/** The files of one database server are nothing to another. */
function wrongEngine(source: string, service: OwnServiceSettings, { databases }: RecipeContext): string | undefined {
  const engine = databases[source];
  if (engine === undefined) return `"${source}" holds no database; it needs golden in wizard.yml`;
  return typeof service === 'object' && engine in service ? undefined : `"${source}" is a ${engine} database`;
}

function endpointMistakes(settings: RecipeSettings, endpoints: Endpoints, context: RecipeContext): Problem[] {
  const processes = Object.keys(settings.processes);
  const names = Object.keys(endpoints);
  if (processes.length === 0) return [];
  if (settings.endpoints === undefined && names.length === 0) {
    const message = `missing; expected endpoints, since there are several processes (${processes.join(', ')})`;
    return [{ path: ['endpoints'], message, needs: ['processes', 'endpoints'] }];
  }
  if (names.length === 0) {
    return [{ path: ['endpoints'], message: 'expected at least one endpoint', on: 'key', needs: ['endpoints'] }];
  }
  const unknown = Object.entries(endpoints)
    .filter(([, process]) => !processes.includes(process))
    .map(
      ([name, process]): Problem => ({
        path: ['endpoints', name],
        message: `unknown process "${process}"${suggestion(process, processes)}`,
        needs: ['processes'],
      }),
    );
  if (names.length < 2 || context.hostName.includes('{endpoint}')) return unknown;
  const message = `these ${names.length} endpoints would share one host, since host-name lacks {endpoint}`;
  return [...unknown, { path: ['endpoints'], message, on: 'key' }];
}

function stepMistakes(steps: readonly StepSettings[], room: 'build' | 'release'): Problem[] {
  const names = stepNames(steps);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ path: [room, index, 'name'], message: `a step named "${name}" is already there; names are used once` }],
  );
}

function dataMistakes(settings: RecipeSettings, context: RecipeContext): Problem[] {
  if (settings.data === undefined) return [];
  const { data } = settings;
  const message =
    notAllowed('data source', data, context.data, context.from) ??
    (data in context.dumps
      ? `"${data}" is loaded by machines; processes copy files: dump, load or directory`
      : undefined);
  return message === undefined ? [] : [{ path: ['data'], message }];
}

function envMistakes(settings: RecipeSettings, endpoints: Endpoints, context: RecipeContext): Problem[] {
  const services = Object.entries(servicesOf(settings.services)).flatMap(([name, service]) =>
    servicePlaces(service).map((what) => `${name}.${what}`),
  );
  const check = (env: Readonly<Record<string, EnvValue>>, path: Path, hasPort: boolean): Problem[] =>
    Object.entries(env).flatMap(([name, value]) => {
      const at = [...path, name];
      if (name === 'PORT' || name.startsWith('WIZARD_')) {
        return [{ path: at, message: `${name} is set by the server and cannot be chosen`, on: 'key' as const }];
      }
      if (typeof value !== 'string') {
        const message = notAllowed('secret', value.secret, context.secrets, context.from);
        return message === undefined ? [] : [{ path: [...at, 'secret'], message }];
      }
      const known = { endpoints: Object.keys(endpoints), hasData: settings.data !== undefined, hasPort, services };
      return placeMistakes(value, known).map((message) => ({
        path: at,
        message,
        needs: ['processes', 'endpoints', 'services', 'data'],
      }));
    });
  return [
    ...check(settings.env, ['env'], false),
    ...settings.build.flatMap((step, index) => check(envOf(step), ['build', index, 'env'], false)),
    ...settings.release.flatMap((step, index) => check(envOf(step), ['release', index, 'env'], false)),
    ...Object.entries(settings.processes).flatMap(([name, one]) => check(envOf(one), ['processes', name, 'env'], true)),
  ];
}

const envOf = (part: StepSettings | ProcessSettings): Readonly<Record<string, EnvValue>> =>
  'env' in part ? part.env : {};

/** Why this recipe may not name it; missing: it may. */
export function notAllowed(
  what: keyof typeof grants,
  name: string,
  allowed: readonly string[],
  from: RecipeContext['from'],
): string | undefined {
  if (allowed.includes(name)) return undefined;
  // A recipe from the repository learns nothing of what else wizard.yml holds.
  if (from === 'operator') return `unknown ${what} "${name}"${suggestion(name, allowed)}`;
  return `the ${what} "${name}" is not granted to recipes of this repository; only the operator can grant it, with ${grants[what]} in wizard.yml`;
}

const grants = { secret: 'allow.secrets', 'data source': 'allow.data', machine: 'allow.machines' } as const;

function timeMistakes(settings: RecipeSettings, context: RecipeContext): Problem[] {
  const { longestTimeMs } = context.limits;
  const check = (path: Path, part: StepSettings | ProcessSettings): Problem[] =>
    [
      ...('timeLimit' in part ? [['time-limit', part.timeLimit] as const] : []),
      ...('stopGrace' in part ? [['stop-grace', part.stopGrace] as const] : []),
    ]
      .filter(([, ms]) => ms !== undefined && ms > longestTimeMs)
      .map(([key]) => ({
        path: [...path, key],
        message: `longer than limits.longest-time in wizard.yml (${longestTimeMs / 1000} s)`,
      }));
  return [
    ...settings.build.flatMap((step, index) => check(['build', index], step)),
    ...settings.release.flatMap((step, index) => check(['release', index], step)),
    ...Object.entries(settings.processes).flatMap(([name, process]) => check(['processes', name], process)),
  ];
}
