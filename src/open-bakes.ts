import { dataBakes, type OpenDataBakes } from './bake/data-bakes.ts';
import type { Config } from './config/config.ts';
import type { EnvironmentId } from './domain/claim.ts';
import { bakedImages } from './drivers/baked-images/baked-images.ts';
import type { BakedSource } from './drivers/baked-images/baked-source.ts';
import { systemClock } from './kit/clock.ts';
import type { Log } from './ports/call.ts';
import type { Store } from './ports/store.ts';

export interface BakesAbout {
  readonly config: Config;
  readonly store: Pick<Store, 'environments' | 'resources'>;
  /** Lets the loop look at an environment. */
  readonly look: (id: EnvironmentId) => void;
  readonly log: Log;
}

/** The data sources of `wizard.yml` that are baked, running: what was cut off is begun anew, schedules are kept. */
export function openBakes({ config, store, look, log }: BakesAbout): OpenDataBakes {
  const { dataSources, dataDirectory: dataDir, instance } = config;
  const sources = Object.fromEntries(Object.entries(dataSources).map(([name, { bake }]) => [name, bake]));
  const bakes = dataBakes({
    dataDir,
    sources,
    baker: bakedImages({ instance, sources: bakedSources(config), clock: systemClock }),
    clock: systemClock,
    log,
    isNamed: (image) => isNamed(store, image),
    ended: () => void lookAtAll(store, look, log),
  });
  void bakes.start();
  return bakes;
}

function bakedSources({ dataSources }: Config): Readonly<Record<string, BakedSource>> {
  return Object.fromEntries(
    Object.entries(dataSources).flatMap(([name, { bake, mysql, url }]): [string, BakedSource][] => {
      const from = mysql ? ({ by: 'mysqldump', ...mysql } as const) : url && ({ by: 'url', url } as const);
      const database = bake?.database ?? mysql?.database;
      if (!bake || !from || database === undefined) return [];
      return [[name, { image: bake.image, server: bake.server, database, from }]];
    }),
  );
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
