import type {
  AnsibleRecipe,
  CapistranoRecipe,
  MachineRecipe,
  MachineServiceRecipe,
  ShellRecipe,
} from '../domain/machine-recipe.ts';
import type { MachineRecipeSettings, ServiceSettings } from './machine-recipe-schema.ts';
import type { RecipeContext } from './recipe-context.ts';

/** The recipe that right settings mean; `machineRecipeMistakes` found nothing wrong with them. */
export function makeMachineRecipe(settings: MachineRecipeSettings, context: RecipeContext): MachineRecipe | undefined {
  const machine = context.machines[settings.machine];
  if (!machine) return undefined;
  const { stepTimeMs, startTimeMs } = context.limits;
  const { health, configure, memoryDisk } = settings;
  const about = typeof health === 'string' ? { http: health, status: 200 } : health;
  return {
    target: 'machine',
    machine,
    ...(memoryDisk === undefined ? {} : { memoryDiskMb: memoryDisk }),
    services: Object.fromEntries(
      Object.entries(settings.services).map(([name, service]) => [name, serviceOf(service, context)]),
    ),
    servicesLimitMs: settings.servicesLimit,
    ...(configure ? { configure: ansibleOf(configure, stepTimeMs) } : {}),
    deploy: deployOf(settings.deploy, stepTimeMs),
    endpoints: Object.fromEntries(Object.entries(settings.endpoints).map(([name, port]) => [name, { port }])),
    health: {
      path: about.http,
      status: about.status,
      ...('revisionHeader' in about && about.revisionHeader ? { revisionHeader: about.revisionHeader } : {}),
      timeLimitMs: ('timeLimit' in about ? about.timeLimit : undefined) ?? startTimeMs,
    },
    env: settings.env,
  };
}

/** By the last part of an image's name. */
const usualPorts: Readonly<Record<string, number>> = {
  mysql: 3306,
  mariadb: 3306,
  percona: 3306,
  postgres: 5432,
  redis: 6379,
  valkey: 6379,
  memcached: 11_211,
  elasticsearch: 9200,
  rabbitmq: 5672,
  mongo: 27_017,
};

/** Where a service answers; missing: the image is not one that we know. */
export function portOf(service: ServiceSettings): number | undefined {
  const { image, port } = typeof service === 'string' ? { image: service, port: undefined } : service;
  const name = /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1] ?? '';
  return port ?? usualPorts[name];
}

/** The data source that a service loads, and whether from a baked image. */
export function dataOf(service: ServiceSettings): { readonly source: string; readonly baked: boolean } | undefined {
  if (typeof service === 'string' || service.data === undefined) return undefined;
  return typeof service.data === 'string' ? { source: service.data, baked: false } : service.data;
}

function serviceOf(service: ServiceSettings, { dumps }: RecipeContext): MachineServiceRecipe {
  const port = portOf(service) ?? 0;
  if (typeof service === 'string') return { image: service, port, env: {} };
  const { image, env, config } = service;
  const asked = dataOf(service);
  const dump = asked && dumps[asked.source];
  const from = asked?.baked && dump?.bakedTo ? ({ by: 'baked', repository: dump.bakedTo } as const) : dump?.origin;
  return {
    image,
    port,
    env,
    ...(config === undefined ? {} : { config }),
    ...(asked && from ? { data: { source: asked.source, from } } : {}),
  };
}

function ansibleOf({ ansible }: NonNullable<MachineRecipeSettings['configure']>, stepTimeMs: number): AnsibleRecipe {
  const { repository, branch, playbook, group, variables, after, timeLimit } = ansible;
  return {
    by: 'ansible',
    ...(repository === undefined ? {} : { repository: { name: repository, branch } }),
    playbook,
    group,
    variables,
    after,
    timeLimitMs: timeLimit ?? stepTimeMs,
  };
}

function deployOf(deploy: MachineRecipeSettings['deploy'], stepTimeMs: number): CapistranoRecipe | ShellRecipe {
  if ('shell' in deploy) {
    const { run, user, revisionFile, timeLimit } = deploy.shell;
    const proof = revisionFile === undefined ? {} : { revisionFile };
    return { by: 'shell', run, user, ...proof, timeLimitMs: timeLimit ?? stepTimeMs };
  }
  const { run, user, roles, rewrite, revisionFile, timeLimit } = deploy.capistrano;
  return {
    by: 'capistrano',
    run,
    user,
    roles,
    told: rewrite === undefined ? 'environment' : { rewrite },
    revisionFile,
    timeLimitMs: timeLimit ?? stepTimeMs,
  };
}
