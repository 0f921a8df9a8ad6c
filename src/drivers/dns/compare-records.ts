import type { Difference } from '../../domain/observation.ts';
import type { DnsSpec } from './dns-spec.ts';
import type { HostSeen, Step } from './zone-records.ts';

/** `isOurs`: whether the marker names this very claim of this server. */
export type IsOurs = (seen: HostSeen) => boolean;

/** Whether anything is there that the claim brought about. */
export const isTrace = (seen: HostSeen, isOurs: IsOurs): boolean => isOurs(seen) || seen.listed;

/** What leads from what is there to what is wanted. */
export function stepsTo<Seen extends HostSeen>(all: readonly Seen[], wanted: DnsSpec, isOurs: IsOurs): Step<Seen>[] {
  return all.flatMap((seen): Step<Seen>[] => {
    const address = wanted.records.get(seen.host);
    if (address === undefined) return isTrace(seen, isOurs) ? [{ do: 'remove', seen }] : [];
    if (!isOurs(seen)) return [{ do: 'add', seen, address }];
    return isAsWanted(seen, address, wanted.ttlSeconds) ? [] : [{ do: 'replace', seen, address }];
  });
}

const isAsWanted = (seen: HostSeen, address: string, ttlSeconds: number): boolean =>
  seen.listed && leadsTo(seen, address) && seen.ttlSeconds === ttlSeconds;

const leadsTo = ({ addresses, taken }: HostSeen, address: string): boolean =>
  taken === undefined && addresses.length === 1 && addresses[0] === address;

/** Ways in which the records differ from the spec, in words for people. */
export function differences<Seen extends HostSeen>(
  all: readonly Seen[],
  wanted: DnsSpec,
  isOurs: IsOurs,
): Difference[] {
  return stepsTo(all, wanted, isOurs).map((step): Difference => {
    const { seen } = step;
    if (step.do === 'remove') return { field: 'records', want: `no ${seen.host}`, have: said(seen, isOurs(seen)) };
    if (step.do === 'replace' && leadsTo(seen, step.address) && seen.ttlSeconds !== wanted.ttlSeconds) {
      return { field: 'ttlSeconds', want: String(wanted.ttlSeconds), have: String(seen.ttlSeconds) };
    }
    return { field: 'records', want: `${seen.host} → ${step.address}`, have: said(seen, isOurs(seen)) };
  });
}

/** A host whose record is gone or hidden although the zone still says that it is ours: somebody else was at it. */
export const isDamaged = (seen: HostSeen, isOurs: IsOurs): boolean =>
  isTrace(seen, isOurs) && (!isOurs(seen) || seen.addresses.length === 0 || seen.taken !== undefined);

function said({ host, addresses, taken, listed }: HostSeen, ours: boolean): string {
  if (taken !== undefined) return `${host} has ${taken}`;
  if (!ours) return listed ? `${host} is not marked as ours any more` : `${host} is not registered`;
  return addresses.length === 0 ? `${host} has no address` : `${host} → ${addresses.join(', ')}`;
}
