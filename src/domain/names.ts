import type { EnvironmentId } from './claim.ts';
import type { RepositoryRef } from './pull-request.ts';
import { stableHash } from './stable-hash.ts';

/** Longest label of a host name, by the rules of DNS. */
const longestLabel = 63;
const longestId = 40;
const hashDigits = 6;

/** Lower case letters and digits, with single hyphens between them; empty when nothing of the text can stay. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/**
 * The text as one valid label of a host name. What had to be changed or cut gets a short hash of `hashOf`, so that two texts that
 * look alike afterwards still differ.
 */
export function label(text: string, hashOf: string): string {
  const plain = slug(text);
  if (plain === text.toLowerCase() && plain !== '' && plain.length <= longestLabel) return plain;
  return withHash(plain, hashOf, hashDigits, longestLabel);
}

/**
 * Names for a new environment, to be tried in order: the first that is free is its id for life. `shop-7`, then `shop-7-a1b2c3` with
 * a hash of the repository's id. Where the plain name does not show the whole name of the repository, the hash is there at once.
 * `slug` is the operator's own name for the repository.
 */
export function environmentIds(
  repository: RepositoryRef,
  slug: string | undefined,
  number: number,
): readonly EnvironmentId[] {
  const { text, whole } = idPart(repository, slug, number);
  const plain = `${text}-${number}`;
  const hashed = `${plain}-${stableHash(repository.id, hashDigits)}`;
  // Only when `shop-7` #123456 and `shop` #7 with a hash that is all digits meet: told apart by a hash of everything.
  const last = withHash(text, `${repository.id} ${number}`, 16, longestId);
  return [...(whole ? [plain] : []), hashed, last].map((name) => name as EnvironmentId);
}

/** Missing where only a name with a hash will do. */
function plainId(repository: RepositoryRef, slug: string | undefined, number: number): string | undefined {
  const { text, whole } = idPart(repository, slug, number);
  return whole ? `${text}-${number}` : undefined;
}

const idPart = (repository: RepositoryRef, slug: string | undefined, number: number) =>
  repositoryPart(repository, slug, longestId - hashDigits - 2 - String(number).length);

export interface HostsAbout {
  /** `{endpoint}-{repository}-{number}.{domain}` */
  readonly template: string;
  readonly domain: string;
  readonly endpoints: readonly string[];
  readonly repository: RepositoryRef;
  /** The operator's own name for the repository. */
  readonly slug?: string | undefined;
  readonly number: number;
  /** The environment's id, once it is known: where it needed a hash, so do its hosts. */
  readonly id?: EnvironmentId | undefined;
  /** Whether another environment has this host already. Missing: none has. */
  readonly isTaken?: (host: string) => boolean;
}

/** Endpoint → host. Every host is valid, and no two endpoints share one. The same input gives the same hosts. */
export function hostNames(about: HostsAbout): Readonly<Record<string, string>> {
  const hosts: Record<string, string> = {};
  const used = new Set<string>();
  for (const endpoint of about.endpoints) {
    const isFree = (host: string): boolean => !used.has(host) && !(about.isTaken?.(host) ?? false);
    const candidates = hostCandidates(about, endpoint);
    const host = candidates.find(isFree) ?? candidates.at(-1) ?? '';
    used.add(host);
    hosts[endpoint] = host;
  }
  return hosts;
}

function hostCandidates(about: HostsAbout, endpoint: string): string[] {
  const { repository, number } = about;
  const plain = plainId(repository, about.slug, number);
  const isPlain = plain !== undefined && (about.id ?? plain) === plain;
  const everything = `${repository.id} ${number} ${endpoint}`;
  return [
    ...(isPlain ? [hostWith(about, endpoint, undefined)] : []),
    hostWith(about, endpoint, stableHash(repository.id, hashDigits)),
    hostWith(about, endpoint, stableHash(everything, 12)),
    hostWith(about, endpoint, stableHash(everything, 20)),
  ];
}

/** Fills the template in. The hash goes into the label that tells environments apart. */
function hostWith(about: HostsAbout, endpoint: string, hash: string | undefined): string {
  const pattern = about.template.replaceAll('{domain}', about.domain).split('.');
  const marked = Math.max(
    pattern.findIndex((part) => part.includes('{repository}')),
    pattern.findIndex((part) => part.includes('{number}')),
  );
  return pattern
    .map((part, index) =>
      part.includes('{') ? hostLabel(part, about, endpoint, index === marked ? hash : undefined) : part,
    )
    .join('.');
}

function hostLabel(pattern: string, about: HostsAbout, endpoint: string, hash: string | undefined): string {
  const fixed = pattern.replaceAll('{number}', String(about.number)).replaceAll('{endpoint}', endpoint);
  const hashRoom = hash === undefined ? 0 : hash.length + 1;
  const room = longestLabel - fixed.replaceAll('{repository}', '').length - hashRoom;
  const { text, whole } = repositoryPart(about.repository, about.slug, room);
  const filled = slug(fixed.replaceAll('{repository}', text));
  // A name that had to be cut needs the hash, and the hash needs room.
  if (hash === undefined && !whole && pattern.includes('{repository}')) {
    return hostLabel(pattern, about, endpoint, stableHash(about.repository.id, hashDigits));
  }
  const marked = hash === undefined ? filled : `${filled}-${hash}`;
  if (marked.length <= longestLabel) return marked;
  return withHash(filled, `${about.repository.id} ${about.number} ${endpoint}`, 12, longestLabel);
}

/** The repository as it shows in names, at most `room` long; `whole` when that is all of its name. */
function repositoryPart(
  repository: RepositoryRef,
  chosen: string | undefined,
  room: number,
): { readonly text: string; readonly whole: boolean } {
  const name = chosen ?? repository.name.slice(repository.name.lastIndexOf('/') + 1);
  const full = slug(name) || 'repository';
  const text = full.slice(0, Math.max(1, room)).replace(/-$/, '');
  return { text, whole: text === name.toLowerCase() };
}

function withHash(text: string, hashOf: string, digits: number, longest: number): string {
  const start = text.slice(0, longest - digits - 1).replace(/-$/, '');
  return `${start === '' ? 'x' : start}-${stableHash(hashOf, digits)}`;
}
