import { EC2, type Instance } from '@aws-sdk/client-ec2';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import type { MotoServer } from '../../../testing/moto-server.ts';
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

/** What stands in the account of a cloud; image, key pair and profile are called the same in all of them. */
export interface Ec2Place {
  /** Gives public addresses by itself. */
  readonly subnet: string;
  /** Gives none by itself. */
  readonly innerSubnet: string;
  readonly securityGroup: string;
}

/** The driver before any cloud. What is there is seen with AWS's own client, so that the same is asked of each. */
export interface AnyEc2World extends AsyncDisposable {
  readonly driver: ResourceDriver;
  readonly silent: SilentMachines;
  readonly account: Ec2AccountSettings;
  readonly place: Ec2Place;
  readonly ec2: EC2;
  /** Another process over the same account. */
  open(settings?: Partial<Ec2AccountSettings>): ResourceDriver;
  /** A machine that the account can give. */
  machine(over?: JsonObject): JsonObject;
  /** Instances of the claim that cost money, as the cloud lists them. */
  listed(claim: Claim): Promise<readonly Instance[]>;
  readonly settle: ReturnType<typeof settleInRealTime>;
}

export function anyEc2World(about: {
  readonly account: Ec2AccountSettings;
  readonly place: Ec2Place;
  readonly clock?: Clock | undefined;
  close?(): Promise<void>;
}): AnyEc2World {
  const { account, place, clock = systemClock } = about;
  const ec2 = clientOf(account);
  const silent: SilentMachines = new Map();
  const open = (settings: Partial<Ec2AccountSettings> = {}): ResourceDriver =>
    ec2Machines({
      accounts: { preview: { ...account, ...settings } },
      ...{ instance: oursInTests, silent, clock, log: silentLog() },
    });
  return {
    ...{ silent, account, place, ec2, open },
    driver: open(),
    machine: machineAt(place),
    async listed(claim) {
      const { Reservations = [] } = await ec2.describeInstances({
        Filters: [
          { Name: `tag:${claimTag}`, Values: [claimName(claim)] },
          { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
        ],
      });
      return Reservations.flatMap(({ Instances = [] }) => Instances);
    },
    settle: settleInRealTime(5_000),
    async [Symbol.asyncDispose]() {
      ec2.destroy();
      await about.close?.();
    },
  };
}

/** What is asked for a machine there. */
export const machineAt =
  ({ subnet, securityGroup }: Ec2Place) =>
  (over: JsonObject = {}): JsonObject => ({
    machine: 'preview',
    image: 'ami-0123456789abcdef0',
    types: ['m5.large', 'm4.large'],
    subnet,
    securityGroups: [securityGroup],
    keyName: 'preview',
    userData: "#!/bin/bash\nclaim='@CLAIM@'\n",
    ...over,
  });

/** AWS's own client, which repeats nothing by itself. */
function clientOf({ region, endpoint = '', accessKey }: Ec2AccountSettings): EC2 {
  const { id = '', secret } = accessKey ?? {};
  const credentials = { accessKeyId: id, secretAccessKey: secret?.reveal() ?? '' };
  return new EC2({ region, endpoint, credentials, maxAttempts: 1 });
}

/** A moto that has forgotten everything gets an account as the local cloud has it. */
export async function motoEc2World({
  url: endpoint,
  region,
  credentials,
  addProfile,
}: MotoServer): Promise<AnyEc2World> {
  const { accessKeyId: id, secretAccessKey } = credentials;
  const account = { region, endpoint, accessKey: { id, secret: new Secret(secretAccessKey) } };
  const ec2 = clientOf(account);
  const { Subnets: [first] = [] } = await ec2.describeSubnets({});
  const VpcId = first?.VpcId ?? '';
  const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: '172.31.200.0/24' });
  const { GroupId = '' } = await ec2.createSecurityGroup({ VpcId, GroupName: 'preview', Description: 'of a test' });
  const PublicKeyMaterial = Buffer.from(publicKey);
  await ec2.importKeyPair({ KeyName: 'preview', PublicKeyMaterial });
  await addProfile('preview');
  ec2.destroy();
  const place = { subnet: first?.SubnetId ?? '', innerSubnet: Subnet?.SubnetId ?? '', securityGroup: GroupId };
  return anyEc2World({ account, place });
}

/** It is read, so it has to be whole. */
const publicKey = `ssh-rsa ${Buffer.concat([
  Buffer.from([0, 0, 0, 7]),
  Buffer.from('ssh-rsa'),
  Buffer.from([0, 0, 0, 3, 1, 0, 1, 0, 0, 1, 1, 0]),
  Buffer.alloc(256, 0xc5),
]).toString('base64')} preview`;
