import { isIP, SocketAddress } from 'node:net';
import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';
import { markerName } from './ownership.ts';

const longestTtl = 2 ** 31 - 1;
const longestName = 253;
/** As the heart makes them: lower case, and never a wildcard. */
const hostName = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)+$/;

const dnsSpec = z.strictObject({
  ttlSeconds: z.int().min(0).max(longestTtl),
  /** Host → address. */
  records: z.record(
    z.string().regex(hostName),
    z.string().refine((text) => isIP(text) !== 0 && !text.includes('%'), { error: 'expected an IP address' }),
  ),
});

/** What is to be registered: host → address, the latter as name servers would write it. */
export interface DnsSpec {
  readonly ttlSeconds: number;
  readonly records: ReadonlyMap<string, string>;
}

/** The spec if it is one; throws `dns/bad-spec`, which only a defect of ours brings about, or says that a host cannot be in the zone. */
export function dnsSpecOf(spec: unknown, zone: string): DnsSpec {
  const read = dnsSpec.safeParse(spec);
  if (!read.success) {
    throw new WizardError(`reading which names to register: ${z.prettifyError(read.error)}`, {
      code: 'dns/bad-spec',
      remedy: 'report-bug',
    });
  }
  const { ttlSeconds, records } = read.data;
  for (const host of Object.keys(records)) checkHost(host, zone);
  return {
    ttlSeconds,
    records: new Map(Object.entries(records).map(([host, address]) => [host, plainAddress(address)])),
  };
}

/** For looking: of what was found without a record nothing is known, and the spec is empty. */
export function wantedOf(spec: unknown): DnsSpec | undefined {
  const read = dnsSpec.safeParse(spec);
  if (!read.success) return undefined;
  const { ttlSeconds, records } = read.data;
  return {
    ttlSeconds,
    records: new Map(Object.entries(records).map(([host, address]) => [host, plainAddress(address)])),
  };
}

/** `2001:DB8:0::1` → `2001:db8::1`: two ways to write an address are one address. */
export const plainAddress = (address: string): string =>
  isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;

export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

function checkHost(host: string, zone: string): void {
  if (!isWithin(host, zone)) {
    throw new WizardError(`registering ${host}: it is not in the zone ${zone}`, {
      code: 'dns/outside-zone',
      remedy: 'fix-setup',
      hint: 'Let "zone" under dns and "domain" in wizard.yml fit together.',
    });
  }
  if (markerName(host).length <= longestName) return;
  throw new WizardError(`registering ${host}: with the record that says whose it is, the name is too long for DNS`, {
    code: 'dns/name-too-long',
    remedy: 'fix-setup',
    hint: `Choose a shorter "domain" in wizard.yml: hosts may have ${longestName + host.length - markerName(host).length} characters.`,
  });
}
