import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BedInstance } from './bed-instance.ts';
import { type BedAddresses, label, nameOf } from './bed-names.ts';
import type { BedImages } from './build-images.ts';
import { docker, host, isInDocker } from './docker.ts';
import { hasEveryCapability } from './ensure-docker.ts';
import { linkMetadata, type MetadataLink } from './metadata-link.ts';
import { hostnameOf } from './metadata-tree.ts';

/** What an AMI is here: with Docker Engine and Rails, plain, or one that never boots. */
export type MachineKind = 'machine' | 'plain-machine' | 'never-boots';

export interface RunningMachine {
  readonly addresses: { readonly privateIp: string; readonly publicIp?: string };
  /** Resolves when the machine ends by itself (`poweroff`). */
  readonly ended: Promise<void>;
}

/** What a cloud does with its instances, done with real machines; fits the local cloud. */
export interface Machines {
  /** Resolves when the machine runs; it boots from then on. */
  start(instance: BedInstance): Promise<RunningMachine>;
  /** Shuts it down. Its disk stays, its memory and what was mounted in it do not. */
  stop(id: string): Promise<void>;
  /** The same machine again, with another public address if it had one. */
  startAgain(id: string): Promise<RunningMachine>;
  /** Nothing of it is left when it resolves; also good for a machine whose start failed. */
  terminate(id: string): Promise<void>;
  /** The end of what it printed while booting, 64 KiB at most. */
  consoleOutput(id: string): Promise<string>;
  /** What the machine has asked of its metadata service since it started. */
  metadataAsked(id: string): readonly string[];
}

interface About {
  readonly runId: string;
  readonly folder: string;
  readonly images: BedImages;
  readonly addresses: BedAddresses;
  /** By AMI; one that is not named is a `machine`. */
  readonly kinds: Readonly<Record<string, MachineKind>>;
  nextAddress(kind: 'public'): string;
}

interface Known {
  readonly instance: BedInstance;
  readonly link: MetadataLink;
  /** That it ends is our doing. */
  told: boolean;
}

export function createMachines(about: About): Machines & { close(): Promise<void> } {
  const known = new Map<string, Known>();
  const closing = new AbortController();
  const nameOfMachine = (id: string): string => nameOf(about.runId, id);
  const machineOf = (id: string): Known => {
    const machine = known.get(id);
    if (!machine) throw new Error(`there is no machine ${id}`);
    return machine;
  };

  async function run(instance: BedInstance): Promise<RunningMachine> {
    const { id, privateIp, publicIp } = instance;
    const name = nameOfMachine(id);
    await known.get(id)?.link.close();
    await docker(['start', name]);
    const pid = Number(await docker(['inspect', '--format', '{{.State.Pid}}', name]));
    if (publicIp)
      await host(['nsenter', '-t', String(pid), '-n', 'ip', 'address', 'add', `${publicIp}/32`, 'dev', 'eth0']);
    const machine: Known = { instance, link: await linkMetadata(about, instance, pid), told: false };
    known.set(id, machine);
    const ended = new Promise<void>((resolve) => {
      const settle = (): void => {
        if (!machine.told && !closing.signal.aborted) resolve();
      };
      docker(['wait', name], { timeLimitMs: longest, signal: closing.signal }).then(settle, settle);
    });
    return { addresses: { privateIp, ...(publicIp ? { publicIp } : {}) }, ended };
  }
  return {
    async start(instance) {
      await createContainer(about, instance);
      return run(instance);
    },
    async stop(id) {
      const machine = machineOf(id);
      machine.told = true;
      await docker(['stop', '--time', '20', nameOfMachine(id)]);
      await machine.link.close();
    },
    startAgain(id) {
      const { instance } = machineOf(id);
      return run({ ...instance, publicIp: instance.publicIp && about.nextAddress('public') });
    },
    async terminate(id) {
      const machine = known.get(id);
      known.delete(id);
      if (machine) machine.told = true;
      const [name, volume] = [nameOfMachine(id), `${nameOfMachine(id)}-docker`];
      if (await isInDocker('container', name)) await docker(['rm', '--force', '--volumes', name]);
      if (await isInDocker('volume', volume)) await docker(['volume', 'rm', volume]);
      await machine?.link.close();
    },
    consoleOutput: (id) =>
      docker(['logs', '--tail', '2000', nameOfMachine(id)], { maxOutputBytes: 65_536, overflow: 'keep-tail' }),
    metadataAsked: (id) => known.get(id)?.link.asked ?? [],
    async close() {
      closing.abort();
      await Promise.all([...known.values()].map(({ link }) => link.close()));
      known.clear();
    },
  };
}

const longest = 86_400_000;

async function createContainer(
  { runId, folder, images, addresses, kinds }: About,
  instance: BedInstance,
): Promise<void> {
  const name = nameOf(runId, instance.id);
  const kind = kinds[instance.imageId ?? ''] ?? 'machine';
  const mine = ['--label', `${label}=${runId}`];
  await docker(['volume', 'create', ...mine, `${name}-docker`]);
  await docker([
    ...['create', '--name', name, ...mine, '--tty', '--hostname', hostnameOf(instance.privateIp)],
    ...['--network', nameOf(runId, 'network'), '--ip', instance.privateIp, ...rights()],
    ...['--tmpfs', '/run:exec', '--tmpfs', '/run/lock', '--volume', `${name}-docker:/var/lib/docker`],
    ...(kind === 'never-boots' ? [images['plain-machine'], 'sleep', 'infinity'] : [images[kind]]),
  ]);
  const files = join(folder, `${instance.id}-files`);
  await mkdir(join(files, 'docker'), { recursive: true });
  await writeFile(join(files, 'docker', 'daemon.json'), JSON.stringify(engineSettings(addresses)));
  await writeFile(join(files, 'hypervisor-uuid'), `${hypervisorUuid(instance.id)}\n`);
  await docker(['cp', `${files}/.`, `${name}:/etc`]);
  await rm(files, { recursive: true });
}

/** Everything, as far as this machine has it itself. */
const rights = (): readonly string[] =>
  hasEveryCapability()
    ? ['--privileged', '--cgroupns', 'private']
    : [
        ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--security-opt', 'seccomp=unconfined'],
        ...['--security-opt', 'apparmor=unconfined', '--security-opt', 'systempaths=unconfined'],
        ...['--device-cgroup-rule', 'a *:* rwm', '--cgroupns', 'private'],
      ];

/** For the machine's own engine: where the official images come from, and a runtime that keeps within our own rights. */
const engineSettings = ({ mirror }: BedAddresses): Record<string, unknown> => ({
  'registry-mirrors': [`http://${mirror}`],
  'insecure-registries': ['10.213.0.0/16'],
  ...(hasEveryCapability()
    ? {}
    : { runtimes: { within: { path: '/usr/local/sbin/runc-within-limits' } }, 'default-runtime': 'within' }),
});

/** As an instance of EC2 shows it: a UUID that begins with these letters. */
function hypervisorUuid(id: string): string {
  const hash = createHash('sha256').update(id).digest('hex');
  return `ec2${hash.slice(0, 5)}-${hash.slice(5, 9)}-${hash.slice(9, 13)}-${hash.slice(13, 17)}-${hash.slice(17, 29)}`;
}
