import type { IamInstanceProfileSpecification, Instance, Reservation } from '@aws-sdk/client-ec2';
import { type CloudInstance, codeOf, shownState } from './cloud-instance.ts';
import type { Ec2State } from './ec2-state.ts';
import { showTags } from './tags.ts';

/** Instances of one RunInstances call, as EC2 answers them. */
export function showReservation(state: Ec2State, instances: readonly CloudInstance[]): Reservation {
  return {
    ReservationId: instances[0]?.reservationId,
    OwnerId: state.account,
    Groups: [],
    Instances: instances.map((instance) => showInstance(state, instance)),
  };
}

function showInstance(state: Ec2State, instance: CloudInstance): Instance {
  const { request, subnet, groups, reason } = instance;
  const name = shownState(state, instance);
  const gone = name === 'terminated' || name === 'shutting-down';
  return {
    InstanceId: instance.id,
    ImageId: request.ImageId,
    State: { Code: codeOf(name), Name: name },
    StateReason: reason && { Code: reason.code, Message: reason.message },
    StateTransitionReason: reason?.message ?? '',
    InstanceType: request.InstanceType ?? 'm1.small',
    KeyName: request.KeyName,
    AmiLaunchIndex: instance.launchIndex,
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: subnet.zone, GroupName: '', Tenancy: 'default' },
    Monitoring: { State: request.Monitoring?.Enabled ? 'enabled' : 'disabled' },
    Architecture: 'x86_64',
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    RootDeviceType: 'ebs',
    RootDeviceName: instance.rootDevice,
    ClientToken: request.ClientToken ?? '',
    EbsOptimized: request.EbsOptimized ?? false,
    ...(instance.spotRequestId && {
      InstanceLifecycle: 'spot' as const,
      SpotInstanceRequestId: instance.spotRequestId,
    }),
    ...(request.IamInstanceProfile && { IamInstanceProfile: { Arn: profileArn(state, request.IamInstanceProfile) } }),
    MetadataOptions: {
      State: 'applied',
      HttpTokens: request.MetadataOptions?.HttpTokens ?? 'optional',
      HttpPutResponseHopLimit: request.MetadataOptions?.HttpPutResponseHopLimit ?? 1,
      HttpEndpoint: request.MetadataOptions?.HttpEndpoint ?? 'enabled',
      InstanceMetadataTags: request.MetadataOptions?.InstanceMetadataTags ?? 'disabled',
    },
    Tags: showTags(instance.tags),
    SecurityGroups: gone ? [] : groups.map((group) => ({ GroupId: group.id, GroupName: group.name })),
    ...(gone
      ? { PrivateDnsName: '', PublicDnsName: '', BlockDeviceMappings: [] }
      : showPlace(state, instance, name === 'pending')),
  };
}

const profileArn = ({ account }: Ec2State, { Arn, Name }: IamInstanceProfileSpecification): string =>
  Arn ?? `arn:aws:iam::${account}:instance-profile/${Name}`;

/** Addresses and disks. A pending instance has no public address yet: another trap of the real thing. */
function showPlace(state: Ec2State, instance: CloudInstance, pending: boolean): Instance {
  const { privateIp, subnet } = instance;
  const publicIp = pending ? undefined : instance.publicIp;
  const volumes = [...state.volumes.values()].filter(({ instanceId }) => instanceId === instance.id);
  return {
    SubnetId: subnet.id,
    VpcId: subnet.vpcId,
    PrivateIpAddress: privateIp,
    PrivateDnsName: `ip-${privateIp.replaceAll('.', '-')}.ec2.internal`,
    PublicDnsName: publicIp === undefined ? '' : `ec2-${publicIp.replaceAll('.', '-')}.compute-1.amazonaws.com`,
    PublicIpAddress: publicIp,
    BlockDeviceMappings: volumes.map((volume) => ({
      DeviceName: volume.device,
      Ebs: {
        VolumeId: volume.id,
        Status: 'attached',
        DeleteOnTermination: volume.deletedWithInstance,
        AttachTime: new Date(volume.createdAt),
      },
    })),
  };
}
