import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalCloud } from '../local-cloud/start-local-cloud.ts';
import { nameOf } from '../machine-bed/bed-names.ts';
import type { Bind } from '../machine-bed/bind.ts';
import { docker } from '../machine-bed/docker.ts';
import type { MachineBed } from '../machine-bed/open-machine-bed.ts';

export interface LeftBehindAbout {
  readonly bed: MachineBed;
  readonly cloud: LocalCloud;
  readonly bind: Bind;
  readonly dataDir: string;
}

/** What one environment still has, wherever: in the cloud, on its machines' host, in the DNS, on the server's own disk, running. */
export async function leftBehind(
  { bed, cloud, bind, dataDir }: LeftBehindAbout,
  environment: string,
): Promise<string[]> {
  const mine = (text: string): boolean => new RegExp(`(^|[^a-z0-9])${environment}([^0-9]|$)`).test(text);
  const instances = cloud.instances.filter(({ tags }) => [...tags.values()].some(mine));
  const alive = instances.filter((one) => cloud.alive.includes(one)).map(({ id }) => `instance ${id}`);
  const ids = new Set(instances.map(({ id }) => id));
  const volumes = cloud.volumes.filter(({ instanceId }) => ids.has(instanceId)).map(({ id }) => `volume ${id}`);
  const names = [...ids].map((id) => nameOf(bed.runId, id));
  const containers = await listed(['ps', '--all', '--format', 'container {{.Names}}'], names);
  const disks = await listed(['volume', 'ls', '--format', 'disk {{.Name}}'], names);
  const zones = [...cloud.zones.values()].flatMap(({ records }) => [...records.values()]);
  const inCloud = zones.map(({ name, type, values }) => `record ${type} ${name} ${values.join(' ')}`);
  const answered = (await bind.records()).map((record) => `answered ${record}`);
  return [
    ...[...alive, ...volumes, ...containers, ...disks, ...(await processesIn(dataDir, mine))],
    ...[...inCloud, ...answered, ...(await filesIn(dataDir))].filter(mine),
  ];
}

/** What was started for it: all of these have a folder of its own in their words or their environment. */
async function processesIn(dataDir: string, mine: (text: string) => boolean): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string): Promise<string> =>
    readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => 'it has ended');
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = (await read(pid, 'cmdline')).replaceAll('\0', ' ').trim();
      const all = `${words} ${await read(pid, 'environ')}`;
      return all.split(/[\0 ]/).some((word) => word.includes(dataDir) && mine(word)) ? [`process ${pid} ${words}`] : [];
    }),
  );
  return found.flat();
}

const listed = async (argv: readonly string[], names: readonly string[]): Promise<string[]> =>
  (await docker(argv)).split('\n').filter((line) => names.some((name) => line.includes(name)));

/** Folders of the kinds of resources, and what each holds; mirrors and caches are everybody's. */
async function filesIn(dataDir: string): Promise<string[]> {
  const kinds = (await readdir(dataDir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const found = await Promise.all(
    kinds.map(async ({ name }) => (await readdir(join(dataDir, name))).map((file) => `file ${name}/${file}`)),
  );
  return found.flat();
}
