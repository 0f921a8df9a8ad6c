import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeImagesRequest,
  DescribeImagesResult,
  DescribeKeyPairsRequest,
  DescribeKeyPairsResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVolumesRequest,
  DescribeVolumesResult,
} from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';
import { type CloudVolume, type Ec2State, rootDeviceOf } from './ec2-state.ts';
import { passes, refuseUnknownFilters } from './filters.ts';
import { pageOf } from './paging.ts';
import { showTags } from './tags.ts';

export function describeImages(state: Ec2State, request: DescribeImagesRequest): DescribeImagesResult {
  refuseUnknownFilters(request.Filters, ['image-id', 'name', 'state']);
  const there = state.images.filter(({ state: is }) => is !== 'deregistered');
  const found = byIds(
    there,
    request.ImageIds,
    ({ id }) => id,
    (id) => ['InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`],
  );
  const owned = found.filter(() =>
    (request.Owners ?? ['self']).some((owner) => owner === 'self' || owner === state.account),
  );
  const shown = owned.filter(({ id, name, state: is = 'available' }) =>
    passes(request.Filters, { 'image-id': [id], name: [name], state: [is] }),
  );
  return {
    Images: shown.map((image) => ({
      ImageId: image.id,
      Name: image.name,
      State: image.state ?? 'available',
      OwnerId: state.account,
      Architecture: 'x86_64',
      ImageType: 'machine',
      Public: false,
      RootDeviceName: rootDeviceOf(image),
      RootDeviceType: 'ebs',
      VirtualizationType: 'hvm',
      BlockDeviceMappings: [
        { DeviceName: rootDeviceOf(image), Ebs: { VolumeSize: image.rootGb ?? 8, DeleteOnTermination: true } },
      ],
    })),
  };
}

export function describeSubnets(state: Ec2State, request: DescribeSubnetsRequest): DescribeSubnetsResult {
  refuseUnknownFilters(request.Filters, ['subnet-id', 'vpc-id', 'availability-zone']);
  const found = byIds(
    state.subnets,
    request.SubnetIds,
    ({ id }) => id,
    (id) => ['InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`],
  );
  const { items, ...next } = pageOf(found, request, request.SubnetIds);
  const shown = items.filter(({ id, vpcId, zone }) =>
    passes(request.Filters, { 'subnet-id': [id], 'vpc-id': [vpcId], 'availability-zone': [zone] }),
  );
  return {
    Subnets: shown.map(({ id, vpcId, zone, cidr, mapPublicIp }) => ({
      SubnetId: id,
      VpcId: vpcId,
      AvailabilityZone: zone,
      CidrBlock: cidr,
      MapPublicIpOnLaunch: mapPublicIp,
      OwnerId: state.account,
      State: 'available',
    })),
    ...next,
  };
}

export function describeSecurityGroups(
  state: Ec2State,
  request: DescribeSecurityGroupsRequest,
): DescribeSecurityGroupsResult {
  refuseUnknownFilters(request.Filters, ['group-id', 'group-name', 'vpc-id']);
  const absent = (said: string): Absent => ['InvalidGroup.NotFound', `The security group '${said}' does not exist`];
  const named = byIds(state.groups, request.GroupNames, ({ name }) => name, absent);
  const found = byIds(named, request.GroupIds, ({ id }) => id, absent);
  const { items, ...next } = pageOf(found, request, request.GroupIds);
  const shown = items.filter(({ id, name, vpcId }) =>
    passes(request.Filters, { 'group-id': [id], 'group-name': [name], 'vpc-id': [vpcId] }),
  );
  return {
    SecurityGroups: shown.map(({ id, name, vpcId }) => ({
      GroupId: id,
      GroupName: name,
      VpcId: vpcId,
      Description: name,
      OwnerId: state.account,
    })),
    ...next,
  };
}

export function describeKeyPairs(state: Ec2State, request: DescribeKeyPairsRequest): DescribeKeyPairsResult {
  refuseUnknownFilters(request.Filters, ['key-name']);
  const found = byIds(
    state.keyPairs,
    request.KeyNames,
    ({ name }) => name,
    (name) => ['InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`],
  );
  const shown = found.filter(({ name }) => passes(request.Filters, { 'key-name': [name] }));
  return {
    KeyPairs: shown.map(({ name, publicKey }) => ({
      KeyName: name,
      KeyType: publicKey.startsWith('ssh-rsa') ? 'rsa' : 'ed25519',
      ...(request.IncludePublicKey === true ? { PublicKey: publicKey } : {}),
    })),
  };
}

export function describeAvailabilityZones(
  state: Ec2State,
  request: DescribeAvailabilityZonesRequest,
): DescribeAvailabilityZonesResult {
  refuseUnknownFilters(request.Filters, ['zone-name', 'state'], false);
  const zones = [...new Set(state.subnets.map(({ zone }) => zone))];
  const found = byIds(
    zones,
    request.ZoneNames,
    (zone) => zone,
    (zone) => ['InvalidParameterValue', `Invalid availability zone: [${zone}]`],
  );
  const shown = found.filter((zone) => passes(request.Filters, { 'zone-name': [zone], state: ['available'] }));
  return {
    AvailabilityZones: shown.map((zone) => ({
      ZoneName: zone,
      RegionName: state.region,
      State: 'available',
      ZoneType: 'availability-zone',
    })),
  };
}

export function describeVolumes(state: Ec2State, request: DescribeVolumesRequest): DescribeVolumesResult {
  refuseUnknownFilters(request.Filters, ['attachment.instance-id', 'status', 'volume-id']);
  const all = [...state.volumes.values()];
  const found = byIds(
    all,
    request.VolumeIds,
    ({ id }) => id,
    (id) => ['InvalidVolume.NotFound', `The volume '${id}' does not exist.`],
  );
  const { items, ...next } = pageOf(found, request, request.VolumeIds);
  const shown = items.filter(({ id, attached, instanceId, tags }) =>
    passes(
      request.Filters,
      {
        'volume-id': [id],
        status: [attached ? 'in-use' : 'available'],
        'attachment.instance-id': [attached ? instanceId : undefined],
      },
      tags,
    ),
  );
  return { Volumes: shown.map(showVolume), ...next };
}

function showVolume(volume: CloudVolume): NonNullable<DescribeVolumesResult['Volumes']>[number] {
  const attachment = {
    InstanceId: volume.instanceId,
    VolumeId: volume.id,
    Device: volume.device,
    State: 'attached',
    DeleteOnTermination: volume.deletedWithInstance,
  } as const;
  return {
    VolumeId: volume.id,
    AvailabilityZone: volume.zone,
    Size: volume.sizeGb,
    VolumeType: volume.type,
    Encrypted: volume.encrypted,
    State: volume.attached ? 'in-use' : 'available',
    CreateTime: new Date(volume.createdAt),
    Attachments: volume.attached ? [attachment] : [],
    Tags: showTags(volume.tags),
  };
}

type Absent = readonly [code: string, message: string];

/** Everything when no ids are given; else exactly these, and one that is not there refuses the call. */
function byIds<Item>(
  all: readonly Item[],
  ids: readonly string[] | undefined,
  idOf: (item: Item) => string,
  absent: (id: string) => Absent,
): Item[] {
  const missing = ids?.find((id) => !all.some((item) => idOf(item) === id));
  if (missing !== undefined) throw new CloudError(...absent(missing));
  return all.filter((item) => ids === undefined || ids.includes(idOf(item)));
}
