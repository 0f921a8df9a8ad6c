import type {
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
  ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { CloudError } from '../protocol/cloud-error.ts';
import { canonicalName, compareNames } from './record-names.ts';
import type { CloudRecord, Route53State } from './zone-state.ts';
import { findZone, pageSize, type Written } from './zones.ts';

/** From the given name (and type) on, in Route 53's order. */
export function listResourceRecordSets(
  state: Route53State,
  request: ListResourceRecordSetsRequest,
): Written<ListResourceRecordSetsResponse> {
  const zone = findZone(state, request.HostedZoneId);
  const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: identifier } = request;
  if (type !== undefined && name === undefined)
    throw new CloudError('InvalidInput', 'A type without a name says no start');
  if (identifier !== undefined && type === undefined) {
    throw new CloudError('InvalidInput', 'An identifier without a type says no start');
  }
  const start =
    name === undefined ? undefined : { name: canonicalName(name), type: type ?? '', setIdentifier: identifier ?? '' };
  const all = [...zone.records.values()].toSorted(compare);
  const from = all.filter((record) => start === undefined || compare(record, start) >= 0);
  const size = pageSize(request.MaxItems);
  const next = from[size];
  return {
    ResourceRecordSets: from.slice(0, size).map(showRecord),
    IsTruncated: next !== undefined,
    MaxItems: request.MaxItems === undefined ? '300' : String(size),
    ...(next && {
      NextRecordName: next.name,
      NextRecordType: next.type,
      ...(next.setIdentifier === undefined ? {} : { NextRecordIdentifier: next.setIdentifier }),
    }),
  };
}

type Place = { readonly name: string; readonly type: string; readonly setIdentifier?: string | undefined };

function compare(one: Place, other: Place): number {
  const byName = compareNames(one.name, other.name);
  if (byName !== 0) return byName;
  const [a, b] = [one, other].map(({ type, setIdentifier = '' }) => `${type} ${setIdentifier}`);
  return (a ?? '') < (b ?? '') ? -1 : a === b ? 0 : 1;
}

function showRecord(record: CloudRecord): ResourceRecordSet {
  return {
    Name: record.name,
    Type: record.type,
    TTL: record.ttl,
    ResourceRecords: record.values.map((Value) => ({ Value })),
    ...(record.setIdentifier === undefined ? {} : { SetIdentifier: record.setIdentifier, Weight: record.weight }),
  };
}
