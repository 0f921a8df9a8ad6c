import { confinedContainer, removeContainer } from '../../kit/containers/confined-container.ts';
import { containersNamed } from '../../kit/containers/containers-named.ts';
import { versionInImage } from '../../kit/containers/look-into-image.ts';
import { ensureNetwork } from '../../kit/containers/private-network.ts';
import { runCommand } from '../../kit/run-command.ts';
import type { Engine } from './database-spec.ts';
import type { EngineFamily, ServerAsked } from './engines/engine-family.ts';
import { mysqlFamily } from './engines/mysql-family.ts';
import { postgresFamily } from './engines/postgres-family.ts';
import { type InstanceRecord, instanceFiles } from './server-instance.ts';

export const familyOf = (engine: Engine): EngineFamily =>
  engine === 'postgres' ? postgresFamily : mysqlFamily(engine);

/** The same program as another user of this machine. Servers refuse to run as root, and should. */
export function asUser(uid: number, gid: number, argv: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (process.getuid?.() !== 0) return argv;
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--', ...argv];
}

const limitMs = 60_000;
export const serverNames: Readonly<Record<Engine, string>> = {
  mariadb: 'mariadbd',
  mysql: 'mysqld',
  postgres: 'postgres',
};
const inContainer = { run: '/run/wizard', conf: '/etc/wizard', temporary: '/tmp' };

const containerName = (instance: string, id: string): string => `wizard-${instance}-db-${id}`;

/** What the server is told: paths, port and address as it sees them. */
export function askedOf(folder: string, record: InstanceRecord): ServerAsked {
  const { shape, port, run } = record;
  const family = familyOf(shape.engine);
  const given = {
    engine: shape.engine,
    memoryMb: shape.memoryMb,
    container: shape.container,
    settings: shape.settings,
  };
  if (shape.container !== undefined)
    return {
      shape: given,
      port,
      address: shape.engine === 'postgres' ? '*' : '0.0.0.0',
      paths: { ...inContainer, data: family.containerData },
    };
  const { data, conf, temporary } = instanceFiles(folder);
  return { shape: given, port, address: '127.0.0.1', paths: { data, run, conf, temporary } };
}

/** The command that is the server for as long as it runs. */
export function serverCommand(
  folder: string,
  record: InstanceRecord,
  instance: string,
): readonly [string, ...string[]] {
  const { shape, uid, gid, run, port, id, program } = record;
  const family = familyOf(shape.engine);
  const args = family.argsOf(askedOf(folder, record));
  if (shape.container === undefined) return asUser(uid, gid, [program ?? '', ...args]);
  const files = instanceFiles(folder);
  return confinedContainer({
    ...{ name: containerName(instance, id), instance, image: shape.container, uid, gid, port, args },
    program: serverNames[shape.engine],
    volumes: [
      `${files.data}:${family.containerData}`,
      `${run}:${inContainer.run}`,
      `${files.conf}:${inContainer.conf}:ro`,
    ],
  });
}

/** What its container needs before it is started: the image, and a network that leads nowhere. */
export async function readyContainer({ shape }: InstanceRecord, instance: string, signal: AbortSignal): Promise<void> {
  if (shape.container === undefined) return;
  await versionInImage(shape.container, serverNames[shape.engine], signal);
  await ensureNetwork(instance);
}

/** Takes a container away that outlived its command; none is fine. */
export async function clearContainer({ shape, id }: InstanceRecord, instance: string): Promise<void> {
  if (shape.container !== undefined) await removeContainer(containerName(instance, id));
}

/** The same where no record tells whether there is one. */
export async function clearStrayContainer(id: string, instance: string): Promise<void> {
  for (const name of await containersNamed(containerName(instance, id))) await removeContainer(name);
}

/** Gives back the piece of shared memory that a killed PostgreSQL leaves to the kernel. */
export async function freeSharedMemory(postmasterFile: string | undefined): Promise<void> {
  const id = postmasterFile?.split('\n')[6]?.trim().split(/\s+/)[1];
  if (id === undefined || !/^\d+$/.test(id)) return;
  await runCommand(['ipcrm', '-m', id], { timeLimitMs: limitMs, allow: () => true });
}
