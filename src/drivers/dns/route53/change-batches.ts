import { isIPv6 } from 'node:net';
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { markerName } from '../ownership.ts';
import type { HostSeen, Step } from '../zone-records.ts';

/** What stands at a host in Route 53, as it was read: deleting needs it to the letter. */
export interface Route53Seen extends HostSeen {
  readonly markerSet?: ResourceRecordSet;
  /** Its A and AAAA record sets, if they are plain ones. */
  readonly addressSets: readonly ResourceRecordSet[];
}

const mostRecords = 1_000;
const mostLetters = 32_000;
const markerTtl = 60;

/** The steps as changes of Route 53, in batches as large as it takes. All changes of a host are in one batch, which is whole or not at all. */
export function changeBatches(
  steps: readonly Step<Route53Seen>[],
  about: { readonly marker: string; readonly ttlSeconds: number },
): Change[][] {
  const batches: Change[][] = [];
  let current: Change[] = [];
  for (const step of steps) {
    const changes = changesOf(step, about);
    if (current.length > 0 && !fits([...current, ...changes])) {
      batches.push(current);
      current = [];
    }
    current = [...current, ...changes];
  }
  return current.length > 0 ? [...batches, current] : batches;
}

function changesOf(step: Step<Route53Seen>, { marker, ttlSeconds }: { marker: string; ttlSeconds: number }): Change[] {
  const { host, markerSet, addressSets } = step.seen;
  const gone = [...(markerSet ? [markerSet] : []), ...addressSets].map(
    (set): Change => ({ Action: 'DELETE', ResourceRecordSet: set }),
  );
  if (step.do === 'remove') return gone;
  // Deleting what was read and making it anew fails when anything was changed meanwhile; an UPSERT would write over it.
  return [
    ...(step.do === 'replace' ? gone : []),
    create({ Name: markerName(host), Type: 'TXT', TTL: markerTtl, ResourceRecords: [{ Value: `"${marker}"` }] }),
    create({
      Name: host,
      Type: isIPv6(step.address) ? 'AAAA' : 'A',
      TTL: ttlSeconds,
      ResourceRecords: [{ Value: step.address }],
    }),
  ];
}

const create = (set: ResourceRecordSet): Change => ({ Action: 'CREATE', ResourceRecordSet: set });

function fits(changes: readonly Change[]): boolean {
  const values = changes.flatMap(({ ResourceRecordSet: set }) => set?.ResourceRecords ?? []);
  const letters = values.reduce((sum, { Value = '' }) => sum + Value.length, 0);
  return values.length <= mostRecords && letters <= mostLetters;
}
