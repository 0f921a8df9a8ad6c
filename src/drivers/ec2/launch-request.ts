import type {
  _InstanceType,
  BlockDeviceMapping,
  RunInstancesCommandInput,
  Tag,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import { type Claim, claimName, plainRole } from '../../domain/claim.ts';
import { stableHash } from '../../domain/stable-hash.ts';
import type { Ec2Spec } from './ec2-spec.ts';
import type { Disk } from './image-disks.ts';
import { claimTag, instanceTag } from './instance.ts';
import { userData } from './user-data.ts';

export interface LaunchAbout {
  readonly claim: Claim;
  /** As it was written down before the first try. */
  readonly spec: Ec2Spec;
  readonly type: string;
  /** Name of this server, as in `wizard.yml`. */
  readonly ours: string;
  readonly disks: readonly Disk[];
}

/** All that follows from claim, frozen spec and type, and from nothing else: EC2 refuses a token that comes with other parameters. */
export function launchRequest(about: LaunchAbout): RunInstancesCommandInput {
  const { claim, spec, type, disks } = about;
  return {
    ClientToken: clientToken(about),
    MinCount: 1,
    MaxCount: 1,
    ImageId: spec.image,
    // Newer types than the SDK knows are EC2's to judge.
    InstanceType: type as _InstanceType,
    ...(spec.keyName === undefined ? {} : { KeyName: spec.keyName }),
    ...networkOf(spec),
    ...(spec.profile === undefined ? {} : { IamInstanceProfile: profileOf(spec.profile) }),
    ...(spec.userData === undefined ? {} : { UserData: userData(spec.userData, claim) }),
    BlockDeviceMappings: disks.map((disk) => mappingOf(disk, spec)),
    // What runs in a container there cannot get at the machine's role: its answers would need a second hop.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    // One that is shut down from within leaves nothing that costs money.
    InstanceInitiatedShutdownBehavior: 'terminate',
    ...(spec.spot ? spotMarket : {}),
    TagSpecifications: tagSpecifications(about),
  };
}

/** At most 64 characters, the same for every repetition, another one for each type: with it the parameters never differ. */
const clientToken = ({ ours, claim, type }: LaunchAbout): string =>
  `wizard-${stableHash(`${ours} ${claimName(claim)} ${type}`, 48)}`;

const spotMarket = {
  InstanceMarketOptions: {
    MarketType: 'spot',
    SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
  },
} as const;

/** A subnet gives public addresses only if it is set up so; by this it is asked for. */
function networkOf({ subnet, securityGroups, address }: Ec2Spec): Partial<RunInstancesCommandInput> {
  const groups = securityGroups?.length ? [...securityGroups] : undefined;
  if (subnet === undefined) return groups ? { SecurityGroupIds: groups } : {};
  if (address === 'private') return { SubnetId: subnet, ...(groups ? { SecurityGroupIds: groups } : {}) };
  return {
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnet,
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
        ...(groups ? { Groups: groups } : {}),
      },
    ],
  };
}

const profileOf = (profile: string) => (profile.startsWith('arn:') ? { Arn: profile } : { Name: profile });

function mappingOf({ device, isRoot, sizeGb }: Disk, { diskGb }: Ec2Spec): BlockDeviceMapping {
  const size = (isRoot ? diskGb : undefined) ?? sizeGb;
  return {
    DeviceName: device,
    Ebs: { DeleteOnTermination: true, ...(size === undefined ? {} : { VolumeSize: size }) },
  };
}

function tagSpecifications({ claim, spec, ours }: LaunchAbout): TagSpecification[] {
  const chosen = { Name: `${claim.environment} ${plainRole(claim.role)}`, ...spec.tags };
  const tags: Tag[] = Object.entries({ ...chosen, [instanceTag]: ours, [claimTag]: claimName(claim) }).map(
    ([Key, Value]) => ({ Key, Value }),
  );
  const kinds = ['instance', 'volume', ...(spec.spot ? (['spot-instances-request'] as const) : [])] as const;
  return kinds.map((ResourceType) => ({ ResourceType, Tags: tags }));
}
