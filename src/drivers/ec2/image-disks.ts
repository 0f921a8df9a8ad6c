import { WizardError } from '../../domain/wizard-error.ts';
import type { Asking, Ec2Account } from './ec2-account.ts';

/** A volume that a machine of this image gets. */
export interface Disk {
  readonly device: string;
  readonly isRoot: boolean;
  /** As the image has it; missing where that does not say. */
  readonly sizeGb: number | undefined;
}

/** An image's volumes; asked for once, since an image never changes. */
export type ImageDisks = (account: Ec2Account, image: string, asking: Asking) => Promise<readonly Disk[]>;

export function imageDisks(): ImageDisks {
  const known = new WeakMap<Ec2Account, Map<string, readonly Disk[]>>();
  return async (account, image, asking) => {
    const cache = known.get(account) ?? new Map<string, readonly Disk[]>();
    known.set(account, cache);
    const disks = cache.get(image) ?? (await ask(account, image, asking));
    cache.set(image, disks);
    return disks;
  };
}

async function ask(account: Ec2Account, image: string, asking: Asking): Promise<readonly Disk[]> {
  const { Images = [] } = await account.ask(asking, (ec2, http) => ec2.describeImages({ ImageIds: [image] }, http));
  const found = Images.find(({ ImageId }) => ImageId === image);
  if (!found) throw noImage(asking, image);
  const root = found.RootDeviceType === 'ebs' ? found.RootDeviceName : undefined;
  const sizes = new Map<string, number | undefined>(root ? [[root, undefined]] : []);
  for (const { DeviceName: device, Ebs } of found.BlockDeviceMappings ?? []) {
    if (device && Ebs) sizes.set(device, Ebs.VolumeSize);
  }
  return [...sizes].map(([device, sizeGb]) => ({ device, isRoot: device === root, sizeGb }));
}

const noImage = ({ doing, machine }: Asking, image: string): WizardError =>
  new WizardError(`${doing}: there is no image ${image} that this account may use`, {
    code: 'ec2/bad-setting',
    remedy: 'fix-setup',
    hint: `Check "image" under machines.${machine} in wizard.yml: images are of one region.`,
  });
