/** `shop-7`: lower case letters, digits and hyphens, at most 40 characters, unique in the store for ever. */
export type EnvironmentId = string & { readonly brand: 'EnvironmentId' };

/**
 * Our hold on one outside resource. Made from the pull request, never from chance, so a retry finds what the first try made.
 * `role` is `checkout.3f9a2c1d` (a resource that is replaced beside its predecessor: the part after the dot is the hash of
 * what was asked for) or just `route` (one that is changed in place). `generation` counts how often it was made anew.
 */
export interface Claim {
  readonly environment: EnvironmentId;
  readonly role: string;
  readonly generation: number;
}

/** `shop-7_web.3f9a2c1d_2`: safe as a file name, a container name or a tag; `parseClaim` reads it back. */
export const claimName = (claim: Claim): string => `${claim.environment}_${claim.role}_${claim.generation}`;

export function parseClaim(name: string): Claim | undefined {
  const match = /^([a-z0-9-]{1,40})_([a-z0-9-]{1,40}(?:\.[0-9a-f]{8})?)_([1-9][0-9]{0,8})$/.exec(name);
  if (!match?.[1] || !match[2] || !match[3]) return undefined;
  return { environment: match[1] as EnvironmentId, role: match[2], generation: Number(match[3]) };
}

/** One resource for all commits, changed in place: its role has no key. */
export const isInPlace = (role: string): boolean => !role.includes('.');

/** `web` of `web.3f9a2c1d`: the name people see. */
export const plainRole = (role: string): string => role.split('.')[0] ?? role;
