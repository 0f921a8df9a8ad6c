import { buildImages } from '../../testing/machine-bed/build-images.ts';
import { docker, isInDocker } from '../../testing/machine-bed/docker.ts';
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

/** On the same Debian, so with the version that Debian's packages have here. */
async function postgresImage(from: string, say: (line: string) => void): Promise<string> {
  const name = `wizard-bench/postgres:${from.split(':').at(-1)}`;
  if (await isInDocker('image', name)) return name;
  say(`${name}: building`);
  const lines = [
    `FROM ${from}`,
    'RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql \\',
    ' && ln -s /usr/lib/postgresql/*/bin/postgres /usr/local/bin/ && rm -rf /var/lib/apt/lists/*',
  ];
  await docker(['build', '--quiet', '--tag', name, '-'], { input: `${lines.join('\n')}\n`, timeLimitMs: 900_000 });
  return name;
}
