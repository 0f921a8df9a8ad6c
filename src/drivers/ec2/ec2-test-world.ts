import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { EachCloud } from '../../../testing/at-each-cloud.ts';
import { type MemoryMachines, memoryMachines } from '../../../testing/local-cloud/cloud-machines.ts';
import { type CloudInstance, stateOf } from '../../../testing/local-cloud/ec2/cloud-instance.ts';
import {
  type LocalCloud,
  type LocalCloudOptions,
  startLocalCloud,
} from '../../../testing/local-cloud/start-local-cloud.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import { Secret } from '../../kit/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import { type AnyEc2World, anyEc2World, type Ec2Place, machineAt, motoEc2World } from './any-ec2-test-world.ts';
import type { Ec2AccountSettings } from './ec2-account.ts';
import { claimTag } from './instance.ts';

const place: Ec2Place = {
  subnet: 'subnet-0aaaaaaaaaaaaaaa1',
  innerSubnet: 'subnet-0aaaaaaaaaaaaaaa2',
  securityGroup: 'sg-0123456789abcdef0',
};

/** A machine that the local cloud's account can give. */
export const aMachine = machineAt(place);

/** The driver before a local cloud that holds every request to AWS's own description. */
export interface Ec2World extends AnyEc2World {
  readonly cloud: LocalCloud;
  readonly machines: MemoryMachines;
  /** Instances of the claim that cost money, whatever listings say. */
  alive(claim: Claim): readonly CloudInstance[];
}

export async function ec2World(options: LocalCloudOptions & { readonly driverClock?: Clock } = {}): Promise<Ec2World> {
  const machines = memoryMachines();
  const cloud = await startLocalCloud({ machines, ...options });
  const world = anyEc2World({
    account: accountOf(cloud),
    ...{ place, clock: options.driverClock },
    close: () => cloud.close(),
  });
  return {
    ...world,
    cloud,
    machines,
    alive: (claim) =>
      cloud.instances.filter(
        (one) => one.tags.get(claimTag) === claimName(claim) && !['shutting-down', 'terminated'].includes(stateOf(one)),
      ),
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

/** For what any cloud can show. */
export const eachEc2: EachCloud<AnyEc2World> = { local: () => ec2World(), moto: motoEc2World };

/** Opens a world for one test, and closes it whatever comes. */
export async function withEc2(
  options: Parameters<typeof ec2World>[0],
  test: (world: Ec2World) => Promise<void>,
): Promise<void> {
  await using world = await ec2World(options);
  await test(world);
}

/** What launches were asked for, in order. */
export const launchesOf = ({ requests }: LocalCloud): Partial<RunInstancesRequest>[] =>
  requests.filter(({ operation }) => operation === 'RunInstances').map(({ input }) => input);
