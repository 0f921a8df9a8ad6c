import { buildImages } from '../../testing/machine-bed/build-images.ts';
import { docker } from '../../testing/machine-bed/docker.ts';
import { postgresImage } from '../../testing/machine-bed/postgres-image.ts';
import type { BenchEngine } from './asked.ts';

/** Images of the same servers as this machine has. What there is none of is named in `missing`. */
export async function serverImages(
  engines: readonly BenchEngine[],
  missing: string[],
  say: (line: string) => void,
): Promise<ReadonlyMap<BenchEngine, string>> {
  const images = new Map<BenchEngine, string>();
  try {
    await docker(['version', '--format', '{{.Server.Version}}'], { timeLimitMs: 10_000 });
  } catch {
    missing.push('docker: no Docker Engine answers');
    return images;
  }
  const { mysql } = await buildImages(say);
  for (const engine of engines) images.set(engine, engine === 'mariadb' ? mysql : await postgresImage(mysql, say));
  return images;
}
