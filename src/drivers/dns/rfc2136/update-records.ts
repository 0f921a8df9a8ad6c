import { isIPv6 } from 'node:net';
import { markerName } from '../ownership.ts';
import type { HostSeen, Step } from '../zone-records.ts';
import type { Update } from './name-server.ts';
import { dnsClass, textData, type, type WireRecord } from './wire.ts';

const nothing = Buffer.alloc(0);
const markerTtl = 60;

/** There must be no such records at this name. A wildcard does not count. */
export const noneOf = (name: string, kind: number): WireRecord => ({
  ...{ name, type: kind, class: dnsClass.NONE, ttl: 0, data: nothing },
});

/** The records of this type at this name must be exactly this one. */
const exactly = (record: WireRecord): WireRecord => ({ ...record, ttl: 0 });

const removeAll = (name: string, kind: number): WireRecord => ({
  ...{ name, type: kind, class: dnsClass.ANY, ttl: 0, data: nothing },
});

const removeOne = (record: WireRecord): WireRecord => ({ ...record, class: dnsClass.NONE, ttl: 0 });

/** That nobody has the name yet. */
export const isFree = (host: string): WireRecord[] => [
  noneOf(host, type.A),
  noneOf(host, type.AAAA),
  noneOf(host, type.CNAME),
  noneOf(markerName(host), type.TXT),
];

/** One host's part of an update: nothing of it happens unless all its prerequisites hold. */
export function updateOf(
  step: Step<HostSeen>,
  about: { readonly marker: string; readonly entry: WireRecord; readonly ttlSeconds: number },
): Update {
  const { host, marker: seen } = step.seen;
  const { marker: text, entry, ttlSeconds } = about;
  const marker = {
    ...{ name: markerName(host), type: type.TXT, class: dnsClass.IN, ttl: markerTtl },
    data: textData(text),
  };
  const noAddress = [removeAll(host, type.A), removeAll(host, type.AAAA)];
  if (step.do === 'remove') {
    // Without our marker the host is somebody else's by now: only our own note of it goes.
    if (seen !== text) return { prerequisites: [], changes: [removeOne(entry)] };
    return {
      prerequisites: [exactly(marker)],
      changes: [...noAddress, removeAll(marker.name, type.TXT), removeOne(entry)],
    };
  }
  const address = addressRecord(host, step.address, ttlSeconds);
  return step.do === 'add'
    ? { prerequisites: isFree(host), changes: [marker, address, entry] }
    : { prerequisites: [exactly(marker), noneOf(host, type.CNAME)], changes: [...noAddress, address, entry] };
}

const addressRecord = (host: string, address: string, ttl: number): WireRecord => ({
  ...{ name: host, type: isIPv6(address) ? type.AAAA : type.A, class: dnsClass.IN, ttl },
  data: addressData(address),
});

function addressData(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  // `::` stands for as many zeros as are missing; a tail like 1.2.3.4 is two groups.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = [], tail] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => '0');
  const groups = tail ? [...head, ...zeros, ...tail] : head;
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** The address of an A or AAAA record; missing for others. */
export function addressOf({ type: kind, data }: WireRecord): string | undefined {
  if (kind === type.A && data.length === 4) return data.join('.');
  if (kind !== type.AAAA || data.length !== 16) return undefined;
  return (data.toString('hex').match(/.{4}/g) ?? []).join(':');
}

/** Needs all rights that registering needs, and leaves nothing. */
export function triedUpdate(host: string): Update {
  const at = (name: string, kind: number, data: Buffer): WireRecord[] => [
    { ...{ name, type: kind, class: dnsClass.IN, ttl: 0 }, data },
    removeAll(name, kind),
  ];
  return {
    prerequisites: isFree(host),
    changes: [
      ...at(host, type.A, addressData('192.0.2.1')),
      ...at(host, type.AAAA, addressData('2001:db8::1')),
      ...at(markerName(host), type.TXT, textData('trying')),
    ],
  };
}
