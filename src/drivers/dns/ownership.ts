import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import { stableHash } from '../../domain/stable-hash.ts';

/** Whose a name is: which server of ours registered it, and for what. */
export interface Owner {
  /** As it is written in markers; see `instanceMark`. */
  readonly instance: string;
  readonly claim: Claim;
}

/** What markers begin with, and what the index of a zone is called. */
export const markerLabel = '_shining-wizard';

/**
 * The TXT record beside a host's address that says whose it is. It is below the host and not at it: there it does not mix with TXT
 * records of others, and a wildcard of the zone no longer answers for a host whose address was taken away.
 */
export const markerName = (host: string): string => `${markerLabel}.${host}`;

export const hostOfMarker = (name: string): string | undefined =>
  name.startsWith(`${markerLabel}.`) ? name.slice(markerLabel.length + 1) : undefined;

const longestMark = 100;

/** The name of a server as markers write it: no spaces, and short enough for one string of a TXT record. */
export function instanceMark(instance: string): string {
  const plain = encodeURIComponent(instance);
  return plain.length <= longestMark ? plain : stableHash(instance, 40);
}

export const markerText = (instance: string, claim: Claim): string =>
  `shining-wizard instance=${instanceMark(instance)} claim=${claimName(claim)}`;

/** Missing where the text is not a marker of any server of ours. */
export function readMarker(text: string): Owner | undefined {
  const [, instance = '', name = ''] = /^shining-wizard instance=(\S{1,100}) claim=(\S+)$/.exec(text) ?? [];
  const claim = parseClaim(name);
  return claim && { instance, claim };
}
