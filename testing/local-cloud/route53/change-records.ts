import type {
  Change,
  ChangeResourceRecordSetsRequest,
  ChangeResourceRecordSetsResponse,
  ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { CloudError } from '../protocol/cloud-error.ts';
import { canonicalName, wrongName } from './record-names.ts';
import { wrongValue } from './record-values.ts';
import {
  type CloudRecord,
  type CloudZone,
  keyOf,
  newChange,
  type Route53State,
  type ZoneChange,
} from './zone-state.ts';
import { findZone, showChange } from './zones.ts';

const mostRecords = 1000;
const mostLetters = 32_000;

/** All changes of the batch or none. What is wrong is listed in full, as Route 53 does. */
export function changeResourceRecordSets(
  state: Route53State,
  request: ChangeResourceRecordSetsRequest,
): ChangeResourceRecordSetsResponse {
  const zone = findZone(state, request.HostedZoneId);
  const { Changes: changes = [], Comment: comment } = request.ChangeBatch ?? {};
  const steps = changes.map((change) => ({ action: change.Action ?? 'UPSERT', record: readRecord(change) }));
  refuseTooMuch(steps);
  const after: CloudZone = { ...zone, records: new Map(zone.records) };
  const touched = new Set<string>();
  const messages: string[] = [];
  const published: ZoneChange[] = [];
  for (const { action, record } of steps) {
    const wrong = [...wrongRecord(zone, record), ...takeStep(after, action, record, touched)];
    messages.push(...wrong);
    published.push({ action: action === 'DELETE' ? 'delete' : 'upsert', record });
  }
  messages.push(...wrongZone(zone, after, steps));
  if (messages.length > 0) throw refused(messages);
  zone.records.clear();
  for (const [key, record] of after.records) zone.records.set(key, record);
  return { ChangeInfo: showChange(newChange(state, comment, () => state.publish(zone.name, published))) };
}

type Step = { readonly action: NonNullable<Change['Action']>; readonly record: CloudRecord };

function readRecord({ Action: action, ResourceRecordSet: set = { Name: '', Type: 'A' } }: Change): CloudRecord {
  const where = `in Change with [Action=${action}, Name=${set.Name}, Type=${set.Type}, SetIdentifier=${set.SetIdentifier ?? null}]`;
  if (set.AliasTarget ?? set.TrafficPolicyInstanceId ?? set.GeoLocation ?? set.Failover ?? set.CidrRoutingConfig) {
    throw new CloudError(
      'UnsupportedOperation',
      `The local cloud knows only simple and weighted records, ${where}`,
      501,
    );
  }
  if (set.TTL === undefined && set.ResourceRecords === undefined) {
    const words =
      'Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]';
    throw new CloudError('InvalidInput', `Invalid request: ${words}, but found none ${where}`);
  }
  const missing = set.TTL === undefined ? 'TTL' : set.ResourceRecords === undefined ? 'ResourceRecords' : undefined;
  if (missing !== undefined)
    throw new CloudError('InvalidInput', `Invalid request: Missing field '${missing}' ${where}`);
  if ((set.SetIdentifier === undefined) !== (set.Weight === undefined)) {
    throw new CloudError(
      'InvalidInput',
      `Invalid request: SetIdentifier and a routing policy belong together ${where}`,
    );
  }
  return {
    name: canonicalName(set.Name ?? ''),
    type: set.Type ?? 'A',
    ttl: set.TTL ?? 0,
    values: valuesOf(set),
    ...(set.SetIdentifier === undefined ? {} : { setIdentifier: set.SetIdentifier, weight: set.Weight }),
  };
}

const valuesOf = (set: ResourceRecordSet): string[] => (set.ResourceRecords ?? []).map(({ Value = '' }) => Value);

function refuseTooMuch(steps: readonly Step[]): void {
  // An UPSERT counts twice.
  const values = steps.flatMap(({ action, record }) =>
    action === 'UPSERT' ? [...record.values, ...record.values] : record.values,
  );
  const letters = values.reduce((sum, value) => sum + value.length, 0);
  if (values.length > mostRecords) throw refused([`Number of records limit of ${mostRecords} exceeded.`]);
  if (letters > mostLetters) throw refused([`Number of characters limit of ${mostLetters} exceeded.`]);
}

function wrongRecord({ name: zone }: CloudZone, { name, type, values }: CloudRecord): string[] {
  const name2 = wrongName(name);
  if (name2 !== undefined) return [name2];
  if (name !== zone && !name.endsWith(`.${zone}`))
    return [`RRSet with DNS name ${name} is not permitted in zone ${zone}`];
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  const wrong = values.map((value) => wrongValue(type, value)).filter((words) => words !== undefined);
  if (type === 'CNAME' && values.length > 1)
    wrong.push(`RRSet of type CNAME with DNS name ${name} must have exactly one value`);
  return twice === undefined ? wrong : [...wrong, `Duplicate Resource Record: '${twice}'`];
}

/** Changes the copy, or says why not. */
function takeStep({ records }: CloudZone, action: Step['action'], record: CloudRecord, touched: Set<string>): string[] {
  const key = keyOf(record);
  const said = `[name='${record.name}', type='${record.type}'${record.setIdentifier === undefined ? '' : `, set-identifier='${record.setIdentifier}'`}]`;
  const there = records.get(key);
  // Deleting and then creating is allowed; every other pair leaves open which one is meant.
  if (touched.has(key) && !(action === 'CREATE' && there === undefined)) {
    return [`The request contains an invalid set of changes for a resource record set '${record.type} ${record.name}'`];
  }
  touched.add(key);
  if (action === 'CREATE' && there) return [`Tried to create resource record set ${said} but it already exists`];
  if (action === 'DELETE' && !there) return [`Tried to delete resource record set ${said} but it was not found`];
  if (action === 'DELETE' && there && !isSame(there, record)) {
    return [`Tried to delete resource record set ${said} but the values provided do not match the current values`];
  }
  if (action === 'DELETE') records.delete(key);
  else records.set(key, record);
  return [];
}

/** Values in any order; TTL and weight too. */
function isSame(one: CloudRecord, other: CloudRecord): boolean {
  const text = ({ ttl, weight, values }: CloudRecord): string => JSON.stringify([ttl, weight, values.toSorted()]);
  return text(one) === text(other);
}

function wrongZone({ name: zone }: CloudZone, after: CloudZone, steps: readonly Step[]): string[] {
  const wrong: string[] = [];
  const all = [...after.records.values()];
  if (!after.records.has(`${zone} NS`))
    wrong.push('A HostedZone must contain at least one NS record for the zone itself.');
  if (!after.records.has(`${zone} SOA`)) wrong.push('A HostedZone must contain exactly one SOA record.');
  for (const { action, record } of steps) {
    if (action === 'DELETE') continue;
    const others = all.filter(({ name }) => name === record.name);
    const hasCname = others.some(({ type }) => type === 'CNAME');
    if (record.type === 'CNAME' && record.name === zone) {
      wrong.push(`RRSet of type CNAME with DNS name ${record.name} is not permitted at apex in zone ${zone}`);
    } else if (hasCname && others.some(({ type }) => type !== 'CNAME')) {
      wrong.push(
        `RRSet of type ${record.type} with DNS name ${record.name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone}`,
      );
    } else if (
      others.some(
        (other) =>
          other.type === record.type && (other.setIdentifier === undefined) !== (record.setIdentifier === undefined),
      )
    ) {
      wrong.push(
        `RRSet with DNS name ${record.name}, type ${record.type} cannot be simple beside ones with a SetIdentifier`,
      );
    }
  }
  return wrong;
}

const refused = (messages: readonly string[]): CloudError =>
  new CloudError('InvalidChangeBatch', `[${messages.join(', ')}]`);
