import { docker, isInDocker } from './docker.ts';

/** PostgreSQL on the same Debian as another image, so with the version that Debian's packages have here; its programs are on the PATH, as in the official image. */
export async function postgresImage(from: string, say: (line: string) => void = () => undefined): Promise<string> {
  const name = `machine-bed/postgres:${from.split(':').at(-1)}`;
  if (await isInDocker('image', name)) return name;
  say(`${name}: building`);
  const lines = [
    `FROM ${from}`,
    'RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql \\',
    ' && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ && rm -rf /var/lib/apt/lists/*',
  ];
  await docker(['build', '--quiet', '--tag', name, '-'], { input: `${lines.join('\n')}\n`, timeLimitMs: 900_000 });
  return name;
}
