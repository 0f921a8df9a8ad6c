import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressPool, type BedAddresses, folderOf } from './bed-names.ts';
import { makeBedNetwork } from './bed-network.ts';
import { lifeOf } from './bed-process.ts';
import { type BedRepositories, serveRepositories } from './bed-repositories.ts';
import { buildImages } from './build-images.ts';
import { ensureDocker } from './ensure-docker.ts';
import { createMachines, type MachineKind, type Machines } from './machines.ts';
import { oneProcessAtATime } from './one-process-at-a-time.ts';
import { startRegistries } from './registries.ts';
import { type Staging, type StagingOptions, startStaging } from './staging.ts';
import { leftOf, removeBed, sweepOldBeds } from './sweep.ts';

export interface MachineBedOptions {
  /** Small letters and digits, at most ten; default: made up. */
  readonly runId?: string;
  /** What an AMI is; one that is not named has Docker Engine and Rails. */
  readonly kinds?: Readonly<Record<string, MachineKind>>;
  readonly staging?: StagingOptions;
  /** Progress, for a person. */
  readonly say?: (line: string) => void;
}

export interface MachineBed {
  readonly runId: string;
  readonly addresses: BedAddresses;
  /** The registry to push to as this machine reaches it; the machines' address of it is `addresses.registry`. */
  readonly registryHere: string;
  readonly machines: Machines;
  /** The next address that no machine has. */
  nextAddress(kind: 'private' | 'public'): string;
  readonly staging: Staging;
  readonly repositories: Pick<BedRepositories, 'application' | 'ansible'>;
  /** Takes all of it away; answers what is left all the same, which should be nothing. */
  close(): Promise<readonly string[]>;
}

/** All that a server of the seed's stack meets: a network, machines that boot, registries, a staging database, repositories. */
export async function openMachineBed(options: MachineBedOptions = {}): Promise<MachineBed> {
  const { runId = randomBytes(3).toString('hex'), say = () => undefined, kinds = {} } = options;
  if (!/^[a-z0-9]{1,10}$/.test(runId)) throw new Error(`opening a machine bed: ${runId} cannot be a run's id`);
  const images = await oneProcessAtATime('machine-bed', async () => {
    await ensureDocker();
    await sweepOldBeds();
    return buildImages(say);
  });
  const folder = await makeHeldFolder(runId);
  try {
    const addresses = await makeBedNetwork(runId);
    const [{ registryHere }, staging, { close: stopServing, ...repositories }] = await Promise.all([
      startRegistries(runId, images, addresses),
      startStaging({ runId, image: images.mysql, addresses }, options.staging ?? {}),
      serveRepositories(folder, addresses.host),
    ]);
    const nextAddress = addressPool(addresses);
    const { close: stopMachines, ...machines } = createMachines({
      runId,
      folder,
      images,
      addresses,
      kinds,
      nextAddress,
    });
    say(`the bed ${runId} is open: ${addresses.subnet}`);
    return {
      ...{ runId, addresses, registryHere, machines, nextAddress, staging, repositories },
      async close() {
        try {
          await stopMachines();
          await stopServing();
        } finally {
          await removeBed(runId);
        }
        return leftOf(runId);
      },
    };
  } catch (error) {
    await removeBed(runId);
    throw error;
  }
}

/** The folder appears with its owner's name in it: one without would be swept away. */
async function makeHeldFolder(runId: string): Promise<string> {
  const folder = folderOf(runId);
  const unseen = await mkdtemp(join(tmpdir(), '.machine-bed-'));
  await writeFile(join(unseen, 'owner'), lifeOf(process.pid) ?? '');
  await rename(unseen, folder);
  return folder;
}
