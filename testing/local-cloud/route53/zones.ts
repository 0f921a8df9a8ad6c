import type {
  ChangeInfo,
  CreateHostedZoneRequest,
  CreateHostedZoneResponse,
  DeleteHostedZoneRequest,
  DeleteHostedZoneResponse,
  GetChangeRequest,
  GetChangeResponse,
  GetHostedZoneRequest,
  GetHostedZoneResponse,
  HostedZone,
  ListHostedZonesByNameRequest,
  ListHostedZonesByNameResponse,
  ListHostedZonesRequest,
  ListHostedZonesResponse,
} from '@aws-sdk/client-route-53';
import { CloudError } from '../protocol/cloud-error.ts';
import { canonicalName, compareNames, wrongName } from './record-names.ts';
import { type CloudChange, type CloudZone, newChange, newZone, type Route53State } from './zone-state.ts';

export function findZone({ zones }: Route53State, said = ''): CloudZone {
  const id = said.replace(/^\/?hostedzone\//, '');
  const zone = zones.get(id);
  if (zone === undefined) throw new CloudError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`);
  return zone;
}

/** An answer as it is on the wire: the description has `MaxItems` as text, the types that we borrow have a number. */
export type Written<Answer> = Omit<Answer, 'MaxItems'> & { readonly MaxItems: string };

/** Pages have 300 items at most; text, since that is what the description says. */
export function pageSize(said: string | number | undefined): number {
  const size = Number(said ?? 300);
  if (!Number.isInteger(size) || size < 1) throw new CloudError('InvalidInput', `${said} is not a number of items`);
  return Math.min(size, 300);
}

export function createHostedZone(state: Route53State, request: CreateHostedZoneRequest): CreateHostedZoneResponse {
  const name = canonicalName(request.Name ?? '');
  if (wrongName(name) !== undefined)
    throw new CloudError('InvalidDomainName', `${request.Name} is not a valid domain name`);
  const again = [...state.zones.values()].some(({ callerReference }) => callerReference === request.CallerReference);
  if (again)
    throw new CloudError('HostedZoneAlreadyExists', 'A hosted zone has already been created with that reference', 409);
  const zone = newZone(name, request.CallerReference ?? '', request.HostedZoneConfig?.Comment);
  state.zones.set(zone.id, zone);
  return {
    HostedZone: showZone(zone),
    ChangeInfo: showChange(newChange(state, undefined, () => Promise.resolve())),
    DelegationSet: delegationOf(zone),
    Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
  };
}

export function deleteHostedZone(state: Route53State, request: DeleteHostedZoneRequest): DeleteHostedZoneResponse {
  const zone = findZone(state, request.Id);
  if (zone.records.size > 2) {
    throw new CloudError('HostedZoneNotEmpty', 'The specified hosted zone contains non-required resource record sets');
  }
  state.zones.delete(zone.id);
  return { ChangeInfo: showChange(newChange(state, undefined, () => Promise.resolve())) };
}

export function getHostedZone(state: Route53State, request: GetHostedZoneRequest): GetHostedZoneResponse {
  const zone = findZone(state, request.Id);
  return { HostedZone: showZone(zone), DelegationSet: delegationOf(zone) };
}

export function listHostedZones(
  { zones }: Route53State,
  request: ListHostedZonesRequest,
): Written<ListHostedZonesResponse> {
  const all = [...zones.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const from = all.filter(({ id }) => request.Marker === undefined || id >= request.Marker);
  const size = Math.min(pageSize(request.MaxItems), 100);
  const next = from[size];
  return {
    HostedZones: from.slice(0, size).map(showZone),
    Marker: request.Marker ?? '',
    IsTruncated: next !== undefined,
    MaxItems: String(size),
    ...(next && { NextMarker: next.id }),
  };
}

/** From the given name on, not only that name: whoever looks for one zone must compare. */
export function listHostedZonesByName(
  { zones }: Route53State,
  request: ListHostedZonesByNameRequest,
): Written<ListHostedZonesByNameResponse> {
  const { DNSName: said, HostedZoneId: id } = request;
  if (id !== undefined && said === undefined)
    throw new CloudError('InvalidInput', 'An id without a name says no start');
  const start = said === undefined ? '' : canonicalName(said);
  const all = [...zones.values()].toSorted((a, b) => compareNames(a.name, b.name) || (a.id < b.id ? -1 : 1));
  const from = all.filter((zone) => {
    const order = start === '' ? 1 : compareNames(zone.name, start);
    return order > 0 || (order === 0 && zone.id >= (id ?? ''));
  });
  const size = Math.min(pageSize(request.MaxItems), 100);
  const next = from[size];
  return {
    HostedZones: from.slice(0, size).map(showZone),
    IsTruncated: next !== undefined,
    MaxItems: String(size),
    ...(said === undefined ? {} : { DNSName: said }),
    ...(id === undefined ? {} : { HostedZoneId: id }),
    ...(next && { NextDNSName: next.name, NextHostedZoneId: next.id }),
  };
}

export function getChange({ changes }: Route53State, request: GetChangeRequest): GetChangeResponse {
  const id = (request.Id ?? '').replace(/^\/?change\//, '');
  const change = changes.get(id);
  if (change === undefined) throw new CloudError('NoSuchChange', `Could not find resource with ID: ${id}`);
  return { ChangeInfo: showChange(change) };
}

export function showChange({ id, status, at, comment }: CloudChange): ChangeInfo {
  return {
    Id: `/change/${id}`,
    Status: status,
    SubmittedAt: new Date(at),
    ...(comment === undefined ? {} : { Comment: comment }),
  };
}

function showZone(zone: CloudZone): HostedZone {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: { PrivateZone: false, ...(zone.comment === undefined ? {} : { Comment: zone.comment }) },
    ResourceRecordSetCount: zone.records.size,
  };
}

const delegationOf = ({ name, records }: CloudZone) => ({
  NameServers: (records.get(`${name} NS`)?.values ?? []).map((server) => server.replace(/\.$/, '')),
});
