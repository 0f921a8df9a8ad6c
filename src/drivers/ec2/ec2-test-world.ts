import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { type MemoryMachines, memoryMachines } from '../../../testing/local-cloud/cloud-machines.ts';
import { type CloudInstance, stateOf } from '../../../testing/local-cloud/ec2/cloud-instance.ts';
import {
  type LocalCloud,
  type LocalCloudOptions,
  startLocalCloud,
} from '../../../testing/local-cloud/start-local-cloud.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import type { SilentMachines } from '../../kit/ssh/silent-machines.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import type { Ec2AccountSettings } from './ec2-account.ts';
import { ec2Machines } from './ec2-machines.ts';
import { claimTag } from './instance.ts';

export const oursInTests = 'wizard-here';

/** A machine that the local cloud's account can give. */
export const aMachine = (over: JsonObject = {}): JsonObject => ({
  machine: 'preview',
  image: 'ami-0123456789abcdef0',
  types: ['m5.large', 'm4.large'],
  subnet: 'subnet-0aaaaaaaaaaaaaaa1',
  securityGroups: ['sg-0123456789abcdef0'],
  keyName: 'preview',
  userData: "#!/bin/bash\nclaim='@CLAIM@'\n",
  ...over,
});

export interface Ec2World {
  readonly cloud: LocalCloud;
  readonly machines: MemoryMachines;
  readonly driver: ResourceDriver;
  readonly silent: SilentMachines;
  /** Another process over the same account. */
  open(settings?: Partial<Ec2AccountSettings>): ResourceDriver;
  /** Instances of the claim that cost money, whatever listings say. */
  alive(claim: Claim): readonly CloudInstance[];
  readonly settle: ReturnType<typeof settleInRealTime>;
  close(): Promise<void>;
}

/** The driver before a local cloud that holds every request to AWS's own description. */
export async function ec2World(options: LocalCloudOptions & { readonly driverClock?: Clock } = {}): Promise<Ec2World> {
  const machines = memoryMachines();
  const silent: SilentMachines = new Map();
  const cloud = await startLocalCloud({ machines, ...options });
  const open = (settings: Partial<Ec2AccountSettings> = {}): ResourceDriver =>
    ec2Machines({
      accounts: { preview: { ...accountOf(cloud), ...settings } },
      instance: oursInTests,
      silent,
      clock: options.driverClock ?? systemClock,
      log: silentLog(),
    });
  return {
    cloud,
    machines,
    driver: open(),
    silent,
    open,
    alive: (claim) =>
      cloud.instances.filter(
        (one) => one.tags.get(claimTag) === claimName(claim) && !['shutting-down', 'terminated'].includes(stateOf(one)),
      ),
    settle: settleInRealTime(5_000),
    close: () => cloud.close(),
  };
}

export function accountOf(cloud: LocalCloud): Ec2AccountSettings {
  const { accessKeyId, secretAccessKey } = cloud.credentials;
  return {
    region: cloud.region,
    endpoint: cloud.endpoints.ec2,
    accessKey: { id: accessKeyId, secret: new Secret(secretAccessKey) },
  };
}

/** Opens a world for one test, and closes it whatever comes. */
export async function withEc2(
  options: Parameters<typeof ec2World>[0],
  test: (world: Ec2World) => Promise<void>,
): Promise<void> {
  const world = await ec2World(options);
  try {
    await test(world);
  } finally {
    await world.close();
  }
}

/** What launches were asked for, in order. */
export const launchesOf = ({ requests }: LocalCloud): Partial<RunInstancesRequest>[] =>
  requests.filter(({ operation }) => operation === 'RunInstances').map(({ input }) => input);
