import { createHash } from 'node:crypto';
import { settleInRealTime } from '../conformance/settle.ts';
import { type BedAddresses, label, nameOf } from './bed-names.ts';
import type { BedImages } from './build-images.ts';
import { docker } from './docker.ts';

/** What the article pulls → what we made for it. */
const officials: Readonly<Record<string, 'mysql' | 'redis' | 'memcached'>> = {
  'mysql:5.6': 'mysql',
  'redis:3.2': 'redis',
  'memcached:1.4': 'memcached',
};

export interface BedRegistries {
  /** The registry to push to, as the engine of this machine reaches it: `127.0.0.1:32768`. */
  readonly registryHere: string;
}

/** Two registries in the bed's network: the mirror with the official images' names, and an empty one for pushing. */
export async function startRegistries(
  runId: string,
  images: BedImages,
  addresses: BedAddresses,
): Promise<BedRegistries> {
  const hash = createHash('sha256').update(JSON.stringify(images)).digest('hex').slice(0, 12);
  // What was pushed stays for the next run; another set of images has another volume.
  const cache = ['--volume', `machine-bed-mirror-${hash}:/var/lib/registry`];
  const start = (name: string, address: string, more: readonly string[] = []): Promise<string> =>
    startRegistry(runId, { name, address: address.replace(/:\d+$/, ''), image: images.registry, more });
  const [mirrorHere, registryHere] = await Promise.all([
    start('mirror', addresses.mirror, cache),
    start('registry', addresses.registry),
  ]);
  for (const [official, image] of Object.entries(officials)) {
    const [name = '', tag = ''] = official.split(':');
    const there = await fetch(`http://${mirrorHere}/v2/library/${name}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });
    if (!there.ok) await push(images[image], `${mirrorHere}/library/${official}`);
  }
  return { registryHere };
}

async function push(image: string, name: string): Promise<void> {
  await docker(['tag', image, name]);
  await docker(['push', '--quiet', name]);
  await docker(['rmi', '--no-prune', name]);
}

interface RegistryAbout {
  readonly name: string;
  readonly address: string;
  readonly image: string;
  readonly more: readonly string[];
}

async function startRegistry(runId: string, { name, address, image, more }: RegistryAbout): Promise<string> {
  const container = nameOf(runId, name);
  const place = ['--network', nameOf(runId, 'network'), '--ip', address, '--publish', '127.0.0.1::5000'];
  await docker(['run', '--detach', '--name', container, '--label', `${label}=${runId}`, ...place, ...more, image]);
  const here = (await docker(['port', container, '5000/tcp'])).split('\n')[0] ?? '';
  await settleInRealTime(30_000)(() =>
    fetch(`http://${here}/v2/`).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  return here;
}
