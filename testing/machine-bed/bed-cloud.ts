import { defaultAccount } from '../local-cloud/default-account.ts';
import type { CloudRecord } from '../local-cloud/route53/zone-state.ts';
import type { LocalCloudOptions } from '../local-cloud/start-local-cloud.ts';
import type { Bind } from './bind.ts';
import type { MachineBed } from './open-machine-bed.ts';

/** The images of the account: what each is says `kinds`, to be given to `openMachineBed`. */
export const bedImages = {
  /** Docker Engine, nginx, Ruby and Rails. */
  full: 'ami-00000000000000f01',
  /** Debian as a cloud brings it: no Docker Engine. */
  plain: 'ami-00000000000000f02',
  neverBoots: 'ami-00000000000000f03',
} as const;

export const kindsOfBedImages = {
  [bedImages.plain]: 'plain-machine',
  [bedImages.neverBoots]: 'never-boots',
} as const;

/** For `startLocalCloud`: an account whose instances are the bed's machines, and with a name server, whose records it answers. */
export function cloudOnBed(
  bed: MachineBed,
  { publicKey, bind }: { readonly publicKey: string; readonly bind?: Bind },
): LocalCloudOptions {
  const [subnet] = defaultAccount().subnets;
  if (!subnet) throw new Error('the account has no subnet');
  return {
    machines: bed.machines,
    account: {
      images: Object.entries(bedImages).map(([name, id]) => ({ id, name })),
      subnets: [{ ...subnet, cidr: bed.addresses.subnet }],
      keyPairs: [{ name: 'preview', publicKey }],
      nextAddress: bed.nextAddress,
    },
    ...(bind
      ? {
          zones: [bind.zone],
          publish: (_zone, changes) =>
            bind.update(changes.flatMap(({ action, record }) => linesOf(record, action === 'upsert'))),
        }
      : {}),
  };
}

/** The set of records as it shall be, in words of nsupdate. */
const linesOf = ({ name, type, ttl, values }: CloudRecord, isThere: boolean): string[] => [
  `delete ${name} ${type}`,
  ...(isThere ? values.map((value) => `add ${name} ${ttl} ${type} ${value}`) : []),
];
