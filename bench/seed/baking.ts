import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { buildImages } from '../../testing/machine-bed/build-images.ts';
import { docker, dockerLines } from '../../testing/machine-bed/docker.ts';
import type { SeedWorld } from '../../testing/seed-stack/seed-world.ts';

const limitMs = 900_000;

/** Before the server starts: it may bake staging into an image, and takes recipes from the pull request itself. */
export async function allowBaking({ bed, configPath }: SeedWorld): Promise<void> {
  const config = parse(await readFile(configPath, 'utf8'));
  const { mysql } = await buildImages();
  config['data-sources'].staging.bake = {
    image: `${bed.registryHere}/shop-data`,
    'pulled-as': `${bed.addresses.registry}/shop-data`,
    server: mysql,
    database: 'shop',
  };
  for (const repository of config.repositories) repository['recipe-from'] = 'head';
  await writeFile(configPath, stringify(config));
}

interface Source {
  readonly current?: string;
  readonly bakes: readonly { readonly state: string }[];
}

/** `wizard data bake staging`; answers how long it took. */
export async function bake(world: SeedWorld): Promise<number> {
  const began = performance.now();
  const asked = await world.api('data/staging/bake', 'POST');
  if (asked.status >= 300) throw new Error(`baking was answered ${asked.status}: ${asked.body}`);
  for (;;) {
    const { current, bakes } = JSON.parse((await world.api('data/staging')).body) as Source;
    if (current !== undefined) return performance.now() - began;
    if (bakes[0]?.state === 'failed' || performance.now() - began > limitMs)
      throw new Error(`baking failed: ${(await world.api('data/staging/log')).body.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The images that were made on this machine, which the registry had only copies of. */
export async function forgetBaked({ bed }: SeedWorld): Promise<void> {
  const filter = `label=shining-wizard.baked=seed${bed.runId}/staging`;
  const images = await dockerLines(['image', 'ls', '--filter', filter, '--format', '{{.Repository}}:{{.Tag}}']);
  if (images.length > 0) await docker(['image', 'rm', ...images]);
}
