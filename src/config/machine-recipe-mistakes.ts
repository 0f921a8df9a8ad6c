import type { EnvValue } from '../domain/recipe.ts';
import type { MachineRecipeSettings, ServiceSettings } from './machine-recipe-schema.ts';
import { dataOf, portOf } from './make-machine-recipe.ts';
import { placeMistakes } from './places.ts';
import type { Dump, RecipeContext } from './recipe-context.ts';
import { notAllowed } from './recipe-mistakes.ts';
import type { Path, Problem } from './source.ts';

/** Names that lead nowhere, meet each other, or are not this recipe's to use. */
export function machineRecipeMistakes(settings: MachineRecipeSettings, context: RecipeContext): Problem[] {
  const { machine } = settings;
  const unknown = notAllowed('machine', machine, Object.keys(context.machines), context.from);
  return [
    ...(unknown === undefined ? [] : [{ path: ['machine'], message: unknown }]),
    ...serviceMistakes(settings, context),
    ...endpointMistakes(settings, context),
    ...envMistakes(settings.env, ['env'], settings, context),
    ...timeMistakes(settings, context),
  ];
}

function serviceMistakes({ services }: MachineRecipeSettings, context: RecipeContext): Problem[] {
  const all = Object.entries(services);
  return all.flatMap(([name, service], index): Problem[] => {
    const path = ['services', name];
    const needs = ['services'];
    const port = portOf(service);
    const before = all.slice(0, index).find(([, other]) => portOf(other) === port && port !== undefined);
    return [
      ...(port === undefined ? [{ path, message: 'needs port: the usual one of this image is not known', needs }] : []),
      ...(before
        ? [{ path, message: `port ${port} is that of ${before[0]} already; give one of them another`, needs }]
        : []),
      ...dataMistakes(path, service, context),
      ...(typeof service === 'string' ? [] : serviceEnvMistakes(service.env, [...path, 'env'], context)),
    ];
  });
}

function dataMistakes(path: Path, service: ServiceSettings, context: RecipeContext): Problem[] {
  const data = dataOf(service);
  if (!data) return [];
  const at = [...path, 'data'];
  const message = notAllowed('data source', data.source, context.data, context.from);
  if (message !== undefined) return [{ path: at, message }];
  const dump = context.dumps[data.source];
  const needs = [`data-sources.${data.source}`];
  if (!dump)
    return [
      { path: at, message: `"${data.source}" cannot be loaded by a machine; that needs mysql, url or s3`, needs },
    ];
  if (data.baked && !dump.bakedTo)
    return [{ path: at, message: `"${data.source}" is not baked; it needs bake in wizard.yml`, needs }];
  return data.baked && typeof service !== 'string' ? databaseMistakes(path, service.env, data.source, dump) : [];
}

/** An image that holds another database than the service is told of would look as if it were empty. */
function databaseMistakes(
  path: Path,
  env: Readonly<Record<string, EnvValue>>,
  source: string,
  { bakedDatabase }: Dump,
): Problem[] {
  return ['MYSQL_DATABASE', 'MARIADB_DATABASE'].flatMap((name) => {
    const value = env[name];
    if (typeof value !== 'string' || bakedDatabase === undefined || value === bakedDatabase) return [];
    const message = `"${source}" is baked with the database ${bakedDatabase}; expected that, got ${value}`;
    return [{ path: [...path, 'env', name], message }];
  });
}

/** A service is told its own settings, nothing of the environment's. */
function serviceEnvMistakes(env: Readonly<Record<string, EnvValue>>, path: Path, context: RecipeContext): Problem[] {
  return Object.entries(env).flatMap(([name, value]): Problem[] => {
    const at = [...path, name];
    if (typeof value !== 'string') return secretMistake(value.secret, [...at, 'secret'], context);
    return /[\r\n]/.test(value)
      ? [{ path: at, message: 'expected one line: Docker reads it from a file of lines' }]
      : [];
  });
}

function secretMistake(name: string, path: Path, context: RecipeContext): Problem[] {
  const message = notAllowed('secret', name, context.secrets, context.from);
  return message === undefined ? [] : [{ path, message }];
}

function endpointMistakes({ endpoints }: MachineRecipeSettings, context: RecipeContext): Problem[] {
  const names = Object.entries(endpoints);
  if (names.length === 0) {
    return [{ path: ['endpoints'], message: 'expected at least one endpoint', on: 'key', needs: ['endpoints'] }];
  }
  const { openPort } = context;
  const elsewhere = names
    .filter(([, port]) => openPort !== undefined && port !== openPort)
    .map(
      ([name, port]): Problem => ({
        path: ['endpoints', name],
        message: `dns leads people to the machine itself, at port ${openPort} of public-url; expected ${openPort}, got ${port}`,
      }),
    );
  if (names.length < 2 || context.hostName.includes('{endpoint}')) return elsewhere;
  const message = `these ${names.length} endpoints would share one host, since host-name lacks {endpoint}`;
  return [...elsewhere, { path: ['endpoints'], message, on: 'key' }];
}

function envMistakes(
  env: Readonly<Record<string, EnvValue>>,
  path: Path,
  settings: MachineRecipeSettings,
  context: RecipeContext,
): Problem[] {
  const known = { endpoints: Object.keys(settings.endpoints), hasData: false, hasPort: false, services: [] };
  return Object.entries(env).flatMap(([name, value]): Problem[] => {
    const at = [...path, name];
    if (name.startsWith('WIZARD_'))
      return [{ path: at, message: `${name} is set by the server and cannot be chosen`, on: 'key' }];
    if (typeof value !== 'string') return secretMistake(value.secret, [...at, 'secret'], context);
    return placeMistakes(value, known).map((message) => ({ path: at, message, needs: ['endpoints'] }));
  });
}

function timeMistakes(settings: MachineRecipeSettings, { limits }: RecipeContext): Problem[] {
  const { configure, deploy, health } = settings;
  const deployed = 'shell' in deploy ? deploy.shell : deploy.capistrano;
  const times: [Path, number | undefined][] = [
    [['services-limit'], settings.servicesLimit],
    [['configure', 'ansible', 'time-limit'], configure?.ansible.timeLimit],
    [['deploy', 'shell' in deploy ? 'shell' : 'capistrano', 'time-limit'], deployed.timeLimit],
    [['health', 'time-limit'], typeof health === 'string' ? undefined : health.timeLimit],
  ];
  return times
    .filter(([, ms]) => ms !== undefined && ms > limits.longestTimeMs)
    .map(([path]) => ({
      path,
      message: `longer than limits.longest-time in wizard.yml (${limits.longestTimeMs / 1000} s)`,
    }));
}
