import type { CacheRecipe, DatabaseRecipe, ServiceRecipe } from '../domain/service-recipe.ts';
import type { OwnServiceSettings } from './service-schema.ts';

const engines = ['mariadb', 'mysql', 'postgres'] as const;
const usualDatabase = 'app';

/** The services that right settings mean. */
export const servicesOf = (
  services: Readonly<Record<string, OwnServiceSettings>>,
): Readonly<Record<string, ServiceRecipe>> =>
  Object.fromEntries(Object.entries(services).map(([name, service]) => [name, serviceOf(service)]));

function serviceOf(service: OwnServiceSettings): ServiceRecipe {
  if (service === 'redis' || service === 'memcached') return cacheOf(service, true, {});
  if (typeof service === 'string') return databaseOf(service, true, {});
  if ('user' in service) {
    const engine = engines.find((one) => service[one] !== undefined) ?? 'mariadb';
    return databaseOf(engine, service[engine] ?? true, service);
  }
  return 'redis' in service
    ? cacheOf('redis', service.redis, service)
    : cacheOf('memcached', service.memcached, service);
}

function cacheOf(
  engine: CacheRecipe['engine'],
  version: string | true,
  about: { readonly memory?: number; readonly container?: string; readonly access?: CacheRecipe['access'] },
): CacheRecipe {
  const { memory = 32, container, access = engine === 'redis' ? 'password' : 'socket' } = about;
  return {
    by: 'cache',
    engine,
    ...(version === true ? {} : { serverVersion: version }),
    ...(container === undefined ? {} : { container }),
    memoryMb: memory,
    access,
  };
}

type DatabaseSettings = Extract<OwnServiceSettings, { user: string }>;

function databaseOf(
  engine: DatabaseRecipe['engine'],
  version: string | true,
  about: Partial<DatabaseSettings>,
): DatabaseRecipe {
  const { data, container, database, user = usualDatabase, settings = {}, refresh = 'asked' } = about;
  const { memory = 64, memoryDisk } = about;
  return {
    by: 'database',
    engine,
    ...(version === true ? {} : { serverVersion: version }),
    ...(data === undefined ? {} : { source: data }),
    database: database ?? usualDatabase,
    user,
    memoryMb: memory,
    ...(memoryDisk === undefined ? {} : { memoryDiskMb: memoryDisk }),
    ...(container === undefined ? {} : { container }),
    settings,
    refresh,
  };
}

/** The data source that a service begins as a copy of. */
export const sourceOf = (service: OwnServiceSettings): string | undefined =>
  typeof service === 'object' && 'data' in service ? service.data : undefined;
