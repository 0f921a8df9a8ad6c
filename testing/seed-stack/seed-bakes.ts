import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { buildImages } from '../machine-bed/build-images.ts';
import { docker, dockerLines } from '../machine-bed/docker.ts';
import type { SeedWorld } from './seed-world.ts';

const limitMs = 900_000;

/**
 * Before the server starts: it may bake staging into an image, by a schedule or only when asked, and takes recipes from the pull
 * request itself.
 */
export async function allowBaking({ bed, configPath }: SeedWorld, schedule = '0 0 1 1 *'): Promise<void> {
  const config = parse(await readFile(configPath, 'utf8'));
  const { mysql } = await buildImages();
  config['data-sources'].staging.bake = {
    image: `${bed.registryHere}/shop-data`,
    'pulled-as': `${bed.addresses.registry}/shop-data`,
    server: mysql,
    database: 'shop',
    schedule,
  };
  for (const repository of config.repositories) repository['recipe-from'] = 'head';
  await writeFile(configPath, stringify(config));
}

/** A schedule that names one time of this day, half a minute away at least and a minute and a half at most. */
export function soon(now = new Date()): string {
  const at = new Date(now.getTime() + 90_000);
  return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

/** The example's recipe with data that was baked. */
export const withBakedData = (recipe: string): string => {
  const baked = recipe.replace(/^ {4}data: staging$/m, '    data: { source: staging, baked: true }');
  if (baked === recipe) throw new Error('the example has another line about its data than it had');
  return baked;
};

interface Source {
  readonly current?: string;
  readonly bakes: readonly { readonly state: string }[];
}

/** Waits until a version can be used; answers which. */
export async function untilBaked(world: SeedWorld): Promise<string> {
  const began = performance.now();
  for (;;) {
    const { current, bakes } = JSON.parse((await world.api('data/staging')).body) as Source;
    if (current !== undefined) return current;
    if (bakes[0]?.state === 'failed' || performance.now() - began > limitMs)
      throw new Error(`baking failed: ${(await world.api('data/staging/log')).body.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** `wizard data bake staging`; answers how long it took. */
export async function bake(world: SeedWorld): Promise<number> {
  const began = performance.now();
  const asked = await world.api('data/staging/bake', 'POST');
  if (asked.status >= 300) throw new Error(`baking was answered ${asked.status}: ${asked.body}`);
  await untilBaked(world);
  return performance.now() - began;
}

/** The images that were made on this machine, which the registry had only copies of. */
export async function forgetBaked({ bed }: SeedWorld): Promise<void> {
  const filter = `label=shining-wizard.baked=seed${bed.runId}/staging`;
  const images = await dockerLines(['image', 'ls', '--filter', filter, '--format', '{{.Repository}}:{{.Tag}}']);
  if (images.length > 0) await docker(['image', 'rm', ...images]);
}
