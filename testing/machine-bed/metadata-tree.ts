import type { BedInstance } from './bed-instance.ts';

/** A folder of the metadata service is listed, a text is answered. */
export interface MetadataFolder {
  readonly [name: string]: string | MetadataFolder;
}

const zone = 'us-east-1a';
const region = 'us-east-1';

export const hostnameOf = (privateIp: string): string => `ip-${privateIp.replaceAll('.', '-')}`;

/** Of what EC2 documents under `meta-data`, that which cloud-init and scripts ask for. */
export function metadataOf(instance: BedInstance): MetadataFolder {
  const hostname = `${hostnameOf(instance.privateIp)}.ec2.internal`;
  return {
    'ami-id': instance.imageId ?? 'ami-0000000000000bed0',
    'ami-launch-index': '0',
    'ami-manifest-path': '(unknown)',
    'block-device-mapping': { ami: '/dev/xvda', root: '/dev/xvda' },
    hostname,
    'instance-action': 'none',
    'instance-id': instance.id,
    'instance-life-cycle': 'on-demand',
    'instance-type': instance.type ?? 'm5.large',
    'local-hostname': hostname,
    'local-ipv4': instance.privateIp,
    placement: { 'availability-zone': zone, region },
    ...(instance.publicIp ? { 'public-ipv4': instance.publicIp } : {}),
    ...(instance.publicKey ? { 'public-keys': { '0': { 'openssh-key': instance.publicKey.trim() } } } : {}),
    'reservation-id': `r-${instance.id.slice(2)}`,
    'security-groups': 'default',
    services: { domain: 'amazonaws.com', partition: 'aws' },
    ...(instance.tags ? { tags: { instance: instance.tags } } : {}),
  };
}

export const identityOf = (instance: BedInstance): string =>
  JSON.stringify({
    accountId: '000000000000',
    architecture: 'x86_64',
    availabilityZone: zone,
    imageId: instance.imageId ?? 'ami-0000000000000bed0',
    instanceId: instance.id,
    instanceType: instance.type ?? 'm5.large',
    privateIp: instance.privateIp,
    region,
    version: '2017-09-30',
  });

/** The text at a path, the names in a folder (a folder's ends with a slash), or nothing. */
export function lookUp(tree: MetadataFolder, path: string, keyName = 'key'): string | undefined {
  const words = path.split('/').filter((word) => word !== '');
  let at: string | MetadataFolder | undefined = tree;
  for (const word of words) at = typeof at === 'object' && Object.hasOwn(at, word) ? at[word] : undefined;
  if (at === undefined || typeof at === 'string') return at;
  // Keys are listed with their names, and asked for by their numbers.
  if (words.join('/') === 'public-keys') return `0=${keyName}`;
  return Object.entries(at)
    .map(([name, value]) => (typeof value === 'string' || words[0] === 'public-keys' ? name : `${name}/`))
    .join('\n');
}
