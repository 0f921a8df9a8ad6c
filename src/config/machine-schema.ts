import * as z from 'zod';
import { duration, line, plainName, shortName, webUrl, wholeNumber, yesOrNo } from './fields.ts';
import { fromOutside, type Outside, secret } from './outside.ts';
import { type Complain, settings } from './settings.ts';

/** One entry of `machines`. */
export const machineSchema = (outside: Outside) =>
  z.discriminatedUnion('kind', [ec2(outside), ssh(outside)], { error: 'expected settings with a kind' });

/** Keys of an AWS account; without them the usual places of the AWS SDK are looked at: environment, shared files, instance role. */
export const accessKey = (outside: Outside) =>
  settings({
    id: fromOutside(outside, 'the id of an access key').meta({ title: 'text' }).describe('Its id, such as `AKIA…`.'),
    secret: secret(outside, 'the secret of an access key').describe('Its secret.'),
    'session-token': secret(outside, 'a session token').exactOptional().describe('Only of temporary keys.'),
  });

const login = (outside: Outside) => ({
  user: line('the name of a user')
    .regex(/^[a-z_][a-z0-9_.-]{0,31}$/, { error: 'expected the name of a user, such as admin' })
    .describe('Whom we sign in as; it may use `sudo` without a password, or is `root`.'),
  'ssh-key': secret(outside, 'a private SSH key').describe('Private key that the machine lets in (OpenSSH or PEM).'),
  'ssh-port': wholeNumber(1, 65_535).prefault(22).describe('Where its SSH server listens.'),
  'boot-limit': duration().prefault('5m').describe('How long it may take until its SSH server answers.'),
});

const awsId = (prefix: string) => {
  const error = `expected an id such as ${prefix}-0123456789abcdef0`;
  return z
    .string({ error })
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), { error })
    .meta({ title: 'id' });
};

const ec2 = (outside: Outside) =>
  settings({
    kind: z.literal('ec2').describe('A new Amazon EC2 instance for each environment.'),
    region: region(),
    endpoint: webUrl('the address of the EC2 API')
      .exactOptional()
      .describe('Address of the API, where it is not the usual one of the region.'),
    'access-key': accessKey(outside)
      .exactOptional()
      .describe('Without it the usual places of the AWS SDK: environment, shared files, role of the instance.'),
    image: awsId('ami').describe('What it boots: a Debian or Ubuntu image with cloud-init.'),
    types: z
      .array(
        z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, { error: 'expected the type of an instance, such as m5.large' }),
        { error: 'expected a list of types, such as [m5.large]' },
      )
      .min(1, { error: 'expected at least one type' })
      .meta({ title: 'list of types' })
      .describe('Types of instance, tried in order when one is not to be had.'),
    subnet: awsId('subnet').exactOptional().describe('Without it the default one.'),
    'security-groups': z
      .array(awsId('sg'), { error: 'expected a list of ids' })
      .prefault([])
      .meta({ title: 'list of ids' })
      .describe('What may reach it; SSH from this server must be among it. Without it the default group.'),
    'key-name': line('the name of a key pair').describe('Key pair at EC2 that belongs to `ssh-key`.'),
    profile: line('the name of an instance profile')
      .exactOptional()
      .describe(
        'What the machine itself may do at AWS. Without it nothing, which is best: it runs the code of pull requests.',
      ),
    spot: yesOrNo().prefault(false).describe('Whether it is a spot instance: cheaper, and may be taken away.'),
    'host-key-wait': duration()
      .prefault('5s')
      .describe(
        'How long its console is asked for its host keys once its SSH server answers. After that the key that it shows is believed.',
      ),
    'disk-gb': wholeNumber(1, 16_384).exactOptional().describe("Size of its disk in GB. Without it the image's own."),
    address: z
      .enum(['public', 'private'])
      .prefault('public')
      .describe('Which of its addresses we, the names and the gateway use.'),
    tags: z
      .record(line('the name of a tag').max(128), line('the value of a tag').max(256), {
        error: 'expected tags by name',
      })
      .prefault({})
      .meta({ title: 'NAME: text' })
      .describe('Tags of your own, beside ours.'),
    ...login(outside),
  });

export const region = () => {
  const error = 'expected a region such as ap-northeast-1';
  return z
    .string({ error })
    .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, { error })
    .meta({ title: 'region' })
    .describe('Region of AWS.');
};

const hostAndPort = () => {
  const error = 'expected the address of a host, such as 10.0.0.5 or 10.0.0.5:2222';
  return z
    .string({ error })
    .regex(/^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$/, { error })
    .meta({ title: 'address' });
};

const ssh = (outside: Outside) =>
  settings(
    {
      kind: z.literal('ssh').describe('Hosts that are there already: each environment takes one, and gives it back.'),
      hosts: z
        .array(hostAndPort(), { error: 'expected a list of hosts' })
        .min(1, { error: 'expected at least one host' })
        .meta({ title: 'list of addresses' })
        .describe('The hosts, each with its port where it is not `ssh-port`.'),
      'host-keys': z
        .record(
          z.string(),
          line('a public host key').regex(/^(ssh-|ecdsa-)[^ ]+ [A-Za-z0-9+/=]+/, {
            error: 'expected a public host key such as "ssh-ed25519 AAAA…"',
          }),
          {
            error: 'expected host keys by address',
          },
        )
        .prefault({})
        .meta({ title: 'ADDRESS: key' })
        .describe('Their public host keys. A host without one is believed the first time, and held to it after that.'),
      clean: z
        .array(line('an argument'), { error: 'expected a list of arguments' })
        .min(1)
        .exactOptional()
        .meta({ title: 'list of arguments' })
        .describe('Run on a host that is given back. Without it our containers and `/mem` are removed.'),
      ...login(outside),
    },
    keysOfHosts,
  );

/** A key under a name that is not quite its host's would not be looked at, and the host believed whatever it shows. */
function keysOfHosts({ hosts, 'host-keys': keys }: Readonly<Record<string, unknown>>, complain: Complain): void {
  if (!Array.isArray(hosts) || typeof keys !== 'object' || keys === null) return;
  for (const host of Object.keys(keys).filter((one) => !hosts.includes(one)))
    complain(['host-keys', host], `"${host}" is not one of hosts; write it as there`);
}

/** Names of machines. */
export const machineName = plainName;
/** Names of services: containers, folders and shell functions are called so. */
export const serviceName = () => shortName(20);
