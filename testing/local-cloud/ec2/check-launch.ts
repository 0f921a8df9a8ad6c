import type { EbsBlockDevice, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';
import { decodeBase64 } from '../protocol/read-scalar.ts';
import { type CloudGroup, type CloudImage, type CloudSubnet, type Ec2State, rootDeviceOf } from './ec2-state.ts';
import { addTags } from './tags.ts';

/** A launch that names only what is there. */
export interface Launch {
  readonly image: CloudImage;
  readonly subnet: CloudSubnet;
  readonly groups: readonly CloudGroup[];
  readonly userData: Uint8Array;
  readonly wantsPublicIp: boolean;
  readonly count: number;
  readonly disks: readonly { readonly device: string; readonly sizeGb: number; readonly ebs: EbsBlockDevice }[];
}

const mostUserData = 16_384;
const taggable = ['instance', 'volume', 'network-interface', 'spot-instances-request'];

/** Everything that EC2 refuses about RunInstances by its documents, beyond the types that its description gives. */
export function checkLaunch(state: Ec2State, request: RunInstancesRequest): Launch {
  const { MinCount: min = 0, MaxCount: max = 0, ClientToken: token = '' } = request;
  if (min < 1) throw invalid(`Value (${min}) for parameter minCount is invalid. It must be at least 1.`);
  if (max < min) throw invalid(`Value (${max}) for parameter maxCount is invalid. It must be at least minCount.`);
  if (token.length > 64 || /[^\x20-\x7e]/.test(token)) {
    throw invalid('Value for parameter clientToken is invalid. It must be at most 64 ASCII characters.');
  }
  const image = findImage(state, request.ImageId);
  refuseUnknownNames(state, request);
  refuseWrongMetadata(request);
  refuseWrongTags(request);
  refuseWrongSpot(request);
  return {
    image,
    ...findNetwork(state, request),
    userData: readUserData(request.UserData),
    count: max,
    disks: findDisks(request, image),
  };
}

function findImage({ images }: Ec2State, id = ''): CloudImage {
  if (id === '') throw new CloudError('MissingParameter', 'The request must contain the parameter ImageId');
  if (!/^ami-(?:[\da-f]{8}|[\da-f]{17})$/.test(id)) {
    throw new CloudError('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
  }
  const image = images.find((one) => one.id === id);
  if (image === undefined || image.state === 'deregistered') {
    throw new CloudError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  }
  if ((image.state ?? 'available') !== 'available') {
    throw new CloudError('InvalidAMIID.Unavailable', `The image ID '${id}' is not available for launch`);
  }
  return image;
}

function refuseUnknownNames(state: Ec2State, { KeyName: key, IamInstanceProfile: profile }: RunInstancesRequest): void {
  if (key !== undefined && !state.keyPairs.some(({ name }) => name === key)) {
    throw new CloudError('InvalidKeyPair.NotFound', `The key pair '${key}' does not exist`);
  }
  const name = profile?.Name ?? profile?.Arn?.split('/').at(-1);
  if (profile !== undefined && (name === undefined || !state.profiles.includes(name))) {
    const which = profile.Name === undefined ? 'Arn' : 'name';
    throw invalid(
      `Value (${name}) for parameter iamInstanceProfile.${which} is invalid. Invalid IAM Instance Profile ${which}`,
    );
  }
}

/** Subnet, groups and public address stand at the top, or in the description of the first network interface; not in both. */
function findNetwork(
  state: Ec2State,
  request: RunInstancesRequest,
): Pick<Launch, 'subnet' | 'groups' | 'wantsPublicIp'> {
  const [card, second] = request.NetworkInterfaces ?? [];
  if (second !== undefined)
    throw new CloudError('UnsupportedOperation', 'The local cloud gives an instance one interface');
  if (card && (request.SubnetId ?? request.SecurityGroupIds ?? request.SecurityGroups) !== undefined) {
    const words =
      'Network interfaces and an instance-level subnet or security groups may not be specified on the same request';
    throw new CloudError('InvalidParameterCombination', words);
  }
  const subnet = findSubnet(state, card?.SubnetId ?? request.SubnetId, request.Placement?.AvailabilityZone);
  const ids = card?.Groups ?? request.SecurityGroupIds ?? [];
  const names = request.SecurityGroups ?? [];
  const groups = [
    ...ids.map((id) => findGroup(state, id, (group) => group.id === id)),
    ...names.map((name) => findGroup(state, name, (group) => group.name === name)),
  ];
  const stranger = groups.find(({ vpcId }) => vpcId !== subnet.vpcId);
  if (stranger) {
    const words = `Security group ${stranger.id} and subnet ${subnet.id} belong to different networks.`;
    throw new CloudError('InvalidParameter', words);
  }
  const wantsPublicIp = card?.AssociatePublicIpAddress ?? subnet.mapPublicIp;
  return { subnet, groups: groups.length > 0 ? groups : state.groups.slice(0, 1), wantsPublicIp };
}

function findSubnet({ subnets, region }: Ec2State, id: string | undefined, zone: string | undefined): CloudSubnet {
  if (zone !== undefined && !zone.startsWith(region)) throw invalid(`Invalid availability zone: [${zone}]`);
  const subnet = subnets.find((one) => (id === undefined ? zone === undefined || one.zone === zone : one.id === id));
  if (subnet === undefined && id !== undefined) {
    throw new CloudError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
  }
  if (subnet === undefined) throw new CloudError('MissingInput', `No subnet in ${zone ?? region}`);
  if (zone !== undefined && subnet.zone !== zone) throw invalid(`Subnet ${subnet.id} is not in ${zone}`);
  return subnet;
}

function findGroup({ groups }: Ec2State, said: string, isIt: (group: CloudGroup) => boolean): CloudGroup {
  const group = groups.find(isIt);
  if (group === undefined) throw new CloudError('InvalidGroup.NotFound', `The security group '${said}' does not exist`);
  return group;
}

/** The image's own disk, changed or not, and those that the launch adds. */
function findDisks({ BlockDeviceMappings: mappings = [] }: RunInstancesRequest, image: CloudImage): Launch['disks'] {
  const root = rootDeviceOf(image);
  const named = mappings.filter(({ Ebs }) => Ebs !== undefined);
  const own = named.some(({ DeviceName }) => DeviceName === root)
    ? []
    : [{ DeviceName: root, Ebs: {} as EbsBlockDevice }];
  return [...own, ...named].map(({ DeviceName: device, Ebs: ebs = {} as EbsBlockDevice }) => {
    if (device === undefined)
      throw new CloudError('MissingParameter', 'The request must contain the parameter DeviceName');
    const least = device === root ? (image.rootGb ?? 8) : 1;
    const sizeGb = ebs.VolumeSize ?? least;
    if (sizeGb < least) {
      throw new CloudError('InvalidBlockDeviceMapping', `Volume of size ${sizeGb}GB is smaller than ${least}GB`);
    }
    return { device, sizeGb, ebs };
  });
}

function readUserData(text = ''): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw invalid('Invalid BASE64 encoding of user data.');
  if (bytes.length > mostUserData) throw invalid(`User data is limited to ${mostUserData} bytes`);
  return bytes;
}

function refuseWrongMetadata({ MetadataOptions: options }: RunInstancesRequest): void {
  const hops = options?.HttpPutResponseHopLimit ?? 1;
  if (hops < 1 || hops > 64)
    throw invalid(`Value (${hops}) for parameter HttpPutResponseHopLimit must be between 1 and 64`);
}

function refuseWrongTags({
  TagSpecifications: specifications = [],
  InstanceMarketOptions,
  MetadataOptions,
}: RunInstancesRequest): void {
  const types = specifications.map(({ ResourceType }) => String(ResourceType));
  const twice = types.find((type, index) => types.indexOf(type) !== index);
  if (twice !== undefined) throw invalid(`Tag specifications for '${twice}' were given twice`);
  for (const { ResourceType: type, Tags: tags = [] } of specifications) {
    if (type === undefined || !taggable.includes(type)) {
      throw invalid(`'${type}' is not a valid taggable resource type for this operation.`);
    }
    if (type === 'spot-instances-request' && InstanceMarketOptions?.MarketType !== 'spot') {
      throw invalid('spot-instances-request is not a valid taggable resource type without a Spot request');
    }
    if (tags.length === 0) throw new CloudError('InvalidParameter', 'Tag specification must have at least one tag');
    addTags(new Map(), tags);
    const unreadable = tags.find(({ Key = '' }) => !/^[\w+\-=.,:@]+$/.test(Key) || ['.', '..', '_index'].includes(Key));
    if (type === 'instance' && MetadataOptions?.InstanceMetadataTags === 'enabled' && unreadable) {
      throw invalid(`'${unreadable.Key}' is not a valid tag key when instance metadata shows tags`);
    }
  }
}

function refuseWrongSpot({
  InstanceMarketOptions: market,
  InstanceInitiatedShutdownBehavior: shutdown,
}: RunInstancesRequest): void {
  if (market === undefined) return;
  const {
    SpotInstanceType: type = 'one-time',
    InstanceInterruptionBehavior: ends = 'terminate',
    MaxPrice: price,
  } = market.SpotOptions ?? {};
  if (price !== undefined && !/^\d+(\.\d+)?$/.test(price)) throw invalid(`Invalid spot price: ${price}`);
  if (type === 'one-time' && (ends !== 'terminate' || shutdown === 'stop')) {
    const words = 'A one-time Spot request can neither stop nor hibernate its instance';
    throw new CloudError('InvalidParameterCombination', words);
  }
}

const invalid = (message: string): CloudError => new CloudError('InvalidParameterValue', message);
