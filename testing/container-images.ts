import { buildImages } from './machine-bed/build-images.ts';
import { ensureDocker } from './machine-bed/ensure-docker.ts';
import { oneProcessAtATime } from './machine-bed/one-process-at-a-time.ts';
import { postgresImage } from './machine-bed/postgres-image.ts';

export type ImageEngine = 'mariadb' | 'postgres' | 'redis' | 'memcached';

/** Images with the conventions of the official ones, in the Docker Engine of this machine: built once, then shared by all suites. */
export async function containerImages(): Promise<Readonly<Record<ImageEngine, string>>> {
  await ensureDocker();
  return oneProcessAtATime('wizard-container-images', async () => {
    const { mysql, redis, memcached } = await buildImages();
    return { mariadb: mysql, redis, memcached, postgres: await postgresImage(mysql) };
  });
}
