import type {
  DescribeInstanceAttributeRequest,
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  InstanceAttribute,
} from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';
import { type CloudInstance, codeOf, isListed, shownState } from './cloud-instance.ts';
import type { Ec2State } from './ec2-state.ts';
import { type Filterable, passes, refuseUnknownFilters } from './filters.ts';
import { findInstances } from './find-instances.ts';
import { pageOf } from './paging.ts';
import { showReservation } from './show-instance.ts';

export function describeInstances(state: Ec2State, request: DescribeInstancesRequest): DescribeInstancesResult {
  refuseUnknownFilters(request.Filters, filterNames);
  const { items, ...next } = pageOf(asked(state, request.InstanceIds), request, request.InstanceIds);
  const found = items.filter((instance) => passes(request.Filters, filterable(state, instance), instance.tags));
  const reservations = Map.groupBy(found, ({ reservationId }) => reservationId);
  return { Reservations: [...reservations.values()].map((some) => showReservation(state, some)), ...next };
}

/** Only running instances, unless all are asked for. */
export function describeInstanceStatus(
  state: Ec2State,
  request: DescribeInstanceStatusRequest,
): DescribeInstanceStatusResult {
  refuseUnknownFilters(request.Filters, statusFilterNames, false);
  const { items, ...next } = pageOf(asked(state, request.InstanceIds), request, request.InstanceIds);
  const found = items
    .map((instance) => ({ instance, name: shownState(state, instance) }))
    .filter(({ name }) => request.IncludeAllInstances === true || name === 'running')
    .filter(({ instance, name }) =>
      passes(request.Filters, {
        'instance-state-name': [name],
        'instance-state-code': [String(codeOf(name))],
        'availability-zone': [instance.subnet.zone],
      }),
    );
  return { InstanceStatuses: found.map(({ instance, name }) => showStatus(instance, name)), ...next };
}

/** Those that no listing shows and somebody here asks for. */
export function describeInstanceAttribute(
  state: Ec2State,
  { InstanceId = '', Attribute }: DescribeInstanceAttributeRequest,
): InstanceAttribute {
  const [instance] = findInstances(state, [InstanceId]);
  switch (Attribute) {
    case 'userData':
      return { InstanceId, UserData: { Value: Buffer.from(instance?.userData ?? []).toString('base64') } };
    case 'instanceInitiatedShutdownBehavior':
      return {
        InstanceId,
        InstanceInitiatedShutdownBehavior: { Value: instance?.request.InstanceInitiatedShutdownBehavior ?? 'stop' },
      };
    default:
      throw new CloudError('UnsupportedOperation', `The local cloud does not tell the attribute ${Attribute}`, 501);
  }
}

function showStatus({ id, subnet }: CloudInstance, name: ReturnType<typeof shownState>) {
  const Status = name === 'running' ? 'ok' : 'not-applicable';
  return {
    InstanceId: id,
    AvailabilityZone: subnet.zone,
    InstanceState: { Code: codeOf(name), Name: name },
    InstanceStatus: { Status },
    SystemStatus: { Status },
  } as const;
}

function asked(state: Ec2State, ids: readonly string[] | undefined): CloudInstance[] {
  if (ids !== undefined) return findInstances(state, ids);
  return state.instances.filter((instance) => isListed(state, instance));
}

function filterable(state: Ec2State, instance: CloudInstance): Filterable {
  const { request, subnet, groups } = instance;
  const name = shownState(state, instance);
  return {
    'instance-state-name': [name],
    'instance-state-code': [String(codeOf(name))],
    'instance-id': [instance.id],
    'client-token': [request.ClientToken],
    'image-id': [request.ImageId],
    'instance-type': [request.InstanceType ?? 'm1.small'],
    'key-name': [request.KeyName],
    'reservation-id': [instance.reservationId],
    'instance-lifecycle': [instance.spotRequestId && 'spot'],
    'spot-instance-request-id': [instance.spotRequestId],
    'availability-zone': [subnet.zone],
    'subnet-id': [subnet.id],
    'vpc-id': [subnet.vpcId],
    'private-ip-address': [instance.privateIp],
    'ip-address': [instance.publicIp],
    'instance.group-id': groups.map(({ id }) => id),
    'instance.group-name': groups.map(({ name: group }) => group),
  };
}

const statusFilterNames = ['instance-state-name', 'instance-state-code', 'availability-zone'];
const filterNames = [
  ...statusFilterNames,
  'instance-id',
  'client-token',
  'image-id',
  'instance-type',
  'key-name',
  'reservation-id',
  'instance-lifecycle',
  'spot-instance-request-id',
  'subnet-id',
  'vpc-id',
  'private-ip-address',
  'ip-address',
  'instance.group-id',
  'instance.group-name',
];
