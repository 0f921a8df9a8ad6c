import type { BakePlan } from './bake/bake-rules.ts';
import { dataBakes, type OpenDataBakes } from './bake/data-bakes.ts';
import { severalBakers } from './bake/several-bakers.ts';
import type { Config, DataSourceConfig } from './config/config.ts';
import type { EnvironmentId } from './domain/claim.ts';
import { bakedImages } from './drivers/baked-images/baked-images.ts';
import type { BakedSource } from './drivers/baked-images/baked-source.ts';
import type { DataFilesDriver } from './drivers/data-files/data-files.ts';
import type { DatabaseDriver } from './drivers/database/database-driver.ts';
import { goldenDatabases } from './drivers/golden-databases/golden-databases.ts';
import { goldenCopies } from './golden-copies.ts';
import { goldenRoot, goldenSources } from './golden-sources.ts';
import { systemClock } from './kit/clock.ts';
import type { Log } from './ports/call.ts';
import type { DataBaker } from './ports/data-bakes.ts';
import type { Store } from './ports/store.ts';

export interface BakesAbout {
  readonly config: Config;
  readonly store: Pick<Store, 'environments' | 'resources'>;
  /** Clones of golden databases; missing: there are none. */
  readonly database?: Pick<DatabaseDriver, 'goldenInUse' | 'refillSpares'>;
  /** Golden copies of files; missing: there are none. */
  readonly files?: Pick<DataFilesDriver, 'baker' | 'copies'>;
  /** Lets the loop look at an environment. */
  readonly look: (id: EnvironmentId) => void;
  readonly log: Log;
}

/** The data sources of `wizard.yml` that are baked, running: what was cut off is begun anew, schedules are kept. */
export function openBakes({ config, store, database, files, look, log }: BakesAbout): OpenDataBakes {
  const { dataSources, dataDirectory: dataDir, instance } = config;
  const sources = Object.fromEntries(Object.entries(dataSources).map(([name, source]) => [name, planOf(source)]));
  const images = bakedImages({ instance, sources: bakedSources(config), clock: systemClock });
  const inUse = async () => (await database?.goldenInUse()) ?? [];
  const golden = goldenDatabases({
    root: goldenRoot(dataDir),
    instance,
    sources: goldenSources(config),
    clock: systemClock,
    isUsed: async (source, version) => {
      return (await inUse()).some((one) => one.needsFiles && one.source === source && one.version === version);
    },
  });
  const bakersOf = (name: string): DataBaker[] => {
    const source = dataSources[name];
    // A golden copy needs no registry: it comes first.
    const own = source?.goldenFiles && files ? [files.baker] : [];
    return [...own, ...(source?.golden ? [golden] : []), ...(source?.bake ? [images] : [])];
  };
  const bakes = dataBakes({
    dataDir,
    sources,
    baker: severalBakers(bakersOf),
    clock: systemClock,
    log,
    isNamed: (image) => isNamed(store, image),
    copies: async (name) =>
      dataSources[name]?.goldenFiles
        ? ((await files?.copies(name)) ?? []).map((one) => ({ ...one, masked: dataSources[name]?.masked === true }))
        : goldenCopies(goldenRoot(dataDir), name, inUse),
    ended: () => {
      database?.refillSpares();
      void lookAtAll(store, look, log);
    },
  });
  void bakes.start();
  return bakes;
}

/** One plan for all that is made of a source; the schedule of either is that of both. */
function planOf({ bake, golden, goldenFiles }: DataSourceConfig): BakePlan | undefined {
  const here = golden ?? goldenFiles;
  const [first, second] = [here, bake].filter((one) => one !== undefined);
  if (!first) return undefined;
  const timed = [first, second].find((one) => one?.schedule !== undefined) ?? first;
  const { schedule, timeZone } = timed;
  return {
    ...(bake ? { image: bake.image } : {}),
    ...(here ? { golden: true } : {}),
    ...(schedule === undefined ? {} : { schedule }),
    timeZone,
    keep: Math.max(first.keep, second?.keep ?? 0),
  };
}

function bakedSources({ dataSources }: Config): Readonly<Record<string, BakedSource>> {
  return Object.fromEntries(
    Object.entries(dataSources).flatMap(([name, source]): [string, BakedSource][] => {
      const { bake, mysql } = source;
      const from = bakedFrom(source);
      const database = bake?.database ?? mysql?.database;
      if (!bake || !from || database === undefined) return [];
      return [[name, { image: bake.image, server: bake.server, database, from }]];
    }),
  );
}

function bakedFrom({ mysql, url, s3 }: DataSourceConfig): BakedSource['from'] | undefined {
  if (mysql) return { by: 'mysqldump', ...mysql };
  return url ? { by: 'url', url } : s3 && { by: 's3', object: s3 };
}

/** Whether a machine that is there was begun with a script that names it: it may run that again, after its host has restarted. */
async function isNamed(store: BakesAbout['store'], image: string): Promise<boolean> {
  const version = image.slice(image.lastIndexOf(':') + 1);
  const standing = new Set((await store.resources.live()).map(({ environment }) => environment));
  for (const environment of standing) {
    const resources = await store.resources.of(environment);
    if (resources.some(({ spec, goneAt }) => goneAt === undefined && JSON.stringify(spec).includes(version)))
      return true;
  }
  return false;
}

/** Those that waited for their first data, or for one that is better than a failure. */
async function lookAtAll(store: BakesAbout['store'], look: BakesAbout['look'], log: Log): Promise<void> {
  try {
    for (const { id, phase } of await store.environments.list()) if (phase !== 'closed') look(id);
  } catch (error) {
    log.warn('data.bake-look', { error });
  }
}
