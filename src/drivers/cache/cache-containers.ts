import { type Claim, claimName } from '../../domain/claim.ts';
import { stableHash } from '../../domain/stable-hash.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { removeContainer } from '../../kit/containers/confined-container.ts';
import { containersNamed } from '../../kit/containers/containers-named.ts';
import { versionInImage } from '../../kit/containers/look-into-image.ts';
import { ensureNetwork } from '../../kit/containers/private-network.ts';
import { fitsVersion, programNames, versionSaid } from './cache-programs.ts';
import type { CacheSpec } from './cache-spec.ts';

/** Caches that are containers; each is named after its claim, so that it is found without our records. */
export interface CacheContainers {
  nameOf(claim: Claim): string;
  /** Answers when the image is here and is what was asked for, and there is a network for it. */
  ready(image: string, spec: CacheSpec, signal: AbortSignal): Promise<void>;
  remove(claim: Claim): Promise<void>;
  /** The same where no record tells whether it is one. */
  removeIfThere(claim: Claim): Promise<void>;
  /** Takes away those that belong to no run. */
  sweep(claims: () => Promise<readonly Claim[]>): Promise<void>;
}

export function cacheContainers(instance: string): CacheContainers {
  const prefix = `wizard-${instance}-cache-`;
  const nameOf = (claim: Claim): string => `${prefix}${stableHash(claimName(claim), 12)}`;
  // What a life before this one left is looked for once; a server without containers asks Docker nothing more.
  let looked = false;
  let uses = false;
  return {
    nameOf,
    async ready(image, spec, signal) {
      uses = true;
      const version = versionSaid(spec.engine, await versionInImage(image, programNames[spec.engine][0], signal));
      if (!fitsVersion(spec.serverVersion, version)) throw wrongVersion(image, spec, version);
      if (!spec.socket) await ensureNetwork(instance);
    },
    remove: (claim) => removeContainer(nameOf(claim)),
    async removeIfThere(claim) {
      for (const name of await containersNamed(nameOf(claim))) await removeContainer(name);
    },
    async sweep(claims) {
      if (looked && !uses) return;
      const there = await containersNamed(prefix);
      looked = true;
      if (there.length === 0) return;
      // After it, since a run is there before its container is.
      const kept = new Set((await claims()).map(nameOf));
      for (const name of there) if (!kept.has(name)) await removeContainer(name);
    },
  };
}

const wrongVersion = (image: string, { engine, serverVersion }: CacheSpec, version: string | undefined): WizardError =>
  new WizardError(`starting ${engine} ${serverVersion}: ${image} has ${version ?? 'another server'}`, {
    code: 'cache/wrong-image',
    remedy: 'change-input',
    hint: 'Let the version and `container` of the recipe name the same server.',
  });
