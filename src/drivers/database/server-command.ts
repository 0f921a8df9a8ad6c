import { WizardError } from '../../domain/wizard-error.ts';
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
const serverNames: Readonly<Record<Engine, string>> = { mariadb: 'mariadbd', mysql: 'mysqld', postgres: 'postgres' };
const inContainer = { run: '/run/wizard', conf: '/etc/wizard', temporary: '/tmp' };

export const containerName = (instance: string, id: string): string => `wizard-${instance}-db-${id}`;

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
  return [
    'docker',
    'run',
    '--rm',
    `--name=${containerName(instance, id)}`,
    `--label=wizard.instance=${instance}`,
    `--user=${uid}:${gid}`,
    '--security-opt=no-new-privileges',
    // The data is there: what the image's own entry would do was done by whoever baked it.
    `--entrypoint=${serverNames[shape.engine]}`,
    `--publish=127.0.0.1:${port}:${port}`,
    `--volume=${files.data}:${family.containerData}`,
    `--volume=${run}:${inContainer.run}`,
    `--volume=${files.conf}:${inContainer.conf}:ro`,
    // An image's name cannot begin with a hyphen here: it is checked when the spec is read.
    shape.container,
    ...args,
  ];
}

/** Takes a container away that outlived its command; none is fine. */
export async function removeContainer(record: InstanceRecord, instance: string): Promise<void> {
  if (record.shape.container === undefined) return;
  const argv = ['docker', 'rm', '--force', '--volumes', containerName(instance, record.id)];
  const { status, stderr } = await runCommand(argv, { timeLimitMs: limitMs, allow: () => true });
  if (status === 0 || /no such container/i.test(stderr)) return;
  throw new WizardError(`taking the container of a database away: ${stderr.trim().slice(0, 300)}`, {
    code: 'database/container',
    remedy: 'try-again',
  });
}

/** Gives back the piece of shared memory that a killed PostgreSQL leaves to the kernel. */
export async function freeSharedMemory(postmasterFile: string | undefined): Promise<void> {
  const id = postmasterFile?.split('\n')[6]?.trim().split(/\s+/)[1];
  if (id === undefined || !/^\d+$/.test(id)) return;
  await runCommand(['ipcrm', '-m', id], { timeLimitMs: limitMs, allow: () => true });
}
