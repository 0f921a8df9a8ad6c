import type { Checkpoint, Environment } from './environment.ts';
import type { Json, JsonObject } from './json.ts';
import type { Part } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import type { ProcessesRecipe } from './recipe.ts';
import type { CacheRecipe, DatabaseRecipe, ServiceRecipe } from './service-recipe.ts';

type Input = PlanInput<ProcessesRecipe>;

const databaseLimitMs = 30 * 60_000;
const cacheLimitMs = 60_000;
/** It may have to be pulled first. */
const cacheImageLimitMs = 30 * 60_000;

/** The databases and caches of an environment: each its own, made beside the others of its kind. */
export const serviceParts = (input: Input): Part[] =>
  Object.entries(input.recipe.services).map(([name, service]) =>
    service.by === 'database' ? databasePart(input, name, service) : cachePart(input, name, service),
  );

function databasePart(input: Input, name: string, database: DatabaseRecipe): Part {
  const { environment, dataVersions, pushedVersions = dataVersions } = input;
  const { by: _, source, refresh, settings, ...rest } = database;
  const versions = refresh === 'push' ? pushedVersions : dataVersions;
  const golden = source === undefined ? '' : (versions[source] ?? '');
  const loaded = loadedInto(environment, name, source);
  return {
    name,
    kind: 'database',
    needs: [],
    replace: 'beside',
    renewedBy: 'dataEdition',
    asleep: 'off',
    timeLimitMs: databaseLimitMs,
    // For which push its version was chosen: another may choose the same.
    unkeyed: ['pushed'],
    spec: {
      ...rest,
      ...(source === undefined ? {} : { source }),
      version: loaded?.version ?? golden,
      settings,
      edition: environment.choices.dataEdition,
      password: { secret: serviceSecret(environment.id, name) },
      ...(loaded ? { checkpoint: loaded.name, load: loaded.load } : {}),
      // What somebody loaded stays across pushes, and so does what began empty.
      ...(refresh === 'push' && !loaded && source !== undefined ? { refresh, pushed: input.sha } : {}),
    },
  };
}

/** The saved state that somebody loaded, unless the recipe has another source now, or a stranger's code may not see its own. */
function loadedInto({ choices }: Environment, service: string, source: string | undefined): Checkpoint | undefined {
  const loaded = choices.checkpoints?.[service];
  return loaded && loaded.source === (source ?? '') ? loaded : undefined;
}

function cachePart({ environment }: Input, name: string, cache: CacheRecipe): Part {
  const { by: _, access, ...rest } = cache;
  return {
    name,
    kind: 'cache',
    needs: [],
    replace: 'beside',
    renewedBy: 'dataEdition',
    timeLimitMs: cache.container === undefined ? cacheLimitMs : cacheImageLimitMs,
    spec: {
      ...rest,
      edition: environment.choices.dataEdition,
      // What it holds is of the data that was there before.
      ...(environment.choices.loads === undefined ? {} : { load: environment.choices.loads }),
      ...(access === 'socket' ? { socket: true } : {}),
      ...(access === 'password' ? { password: { secret: serviceSecret(environment.id, name) } } : {}),
    },
  };
}

/** Name of a password that is made from the server's own key: nobody writes it down, and no recipe can name it. */
export const serviceSecret = (environment: string, service: string): string => `service.${environment}.${service}`;

/** `${db.url}` as parts of a text; missing: there is no such service. */
export function servicePlace(input: Input, name: string, what: string): readonly Json[] | undefined {
  const service = input.recipe.services[name];
  if (!service) return undefined;
  const fact = (of: string): JsonObject => ({ fact: `${name}.${of}` });
  const password: JsonObject = { secret: serviceSecret(input.environment.id, name) };
  if (what === 'url') return urlParts(service, fact, password);
  return what === 'password' ? [password] : [fact(what)];
}

function urlParts(service: ServiceRecipe, fact: (of: string) => JsonObject, password: JsonObject): readonly Json[] {
  const place = [fact('host'), ':', fact('port')];
  if (service.by === 'database') {
    const scheme = service.engine === 'postgres' ? 'postgres' : 'mysql';
    return [`${scheme}://`, service.user, ':', password, '@', ...place, '/', fact('database')];
  }
  if (service.access === 'socket') return [fact('socket')];
  return service.engine === 'redis' ? ['redis://:', password, '@', ...place, '/0'] : place;
}
