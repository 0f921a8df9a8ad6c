import type { Reservation, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';
import { checkLaunch, type Launch } from './check-launch.ts';
import { type CloudInstance, stateOf } from './cloud-instance.ts';
import { type CloudVolume, type Ec2State, newId, rootDeviceOf } from './ec2-state.ts';
import { launch } from './instance-life.ts';
import { showReservation } from './show-instance.ts';
import { addTags } from './tags.ts';

/** Launches, or answers what the same client token has launched before. */
export function runInstances(state: Ec2State, request: RunInstancesRequest): Reservation {
  const { ClientToken: token, DryRun: dry, ...parameters } = request;
  // AWS looks at the token before the parameters: a repeated call gets its instance though the image is gone by now.
  const known =
    token === undefined || dry === true ? undefined : findLaunched(state, tokenKey(request, token), parameters);
  if (known !== undefined) return showReservation(state, known);
  const checked = checkLaunch(state, request);
  if (dry === true) throw new CloudError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  const reservationId = newId('r');
  const instances = Array.from({ length: checked.count }, (_, index) =>
    create(state, request, checked, reservationId, index),
  );
  if (token !== undefined) {
    state.tokens.set(tokenKey(request, token), { parameters: stable(parameters), reservationId });
  }
  const answer = showReservation(state, instances);
  for (const instance of instances) launch(state, instance);
  return answer;
}

/** Idempotency holds for the region, but only for the zone when the call names one. */
function tokenKey({ Placement: placement }: RunInstancesRequest, token: string): string {
  return `${placement?.AvailabilityZone ?? ''} ${token}`;
}

function findLaunched(state: Ec2State, key: string, parameters: object): CloudInstance[] | undefined {
  const launched = state.tokens.get(key);
  if (launched === undefined) return undefined;
  if (launched.parameters !== stable(parameters)) {
    const words = 'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).';
    throw new CloudError('IdempotentParameterMismatch', words);
  }
  const instances = state.instances.filter(({ reservationId }) => reservationId === launched.reservationId);
  if (state.deadTokens === 'refused' && instances.every((one) => stateOf(one) === 'terminated')) {
    throw new CloudError(
      'IdempotentInstanceTerminated',
      'The request cannot be completed: its instance was terminated.',
    );
  }
  return instances;
}

function create(
  state: Ec2State,
  request: RunInstancesRequest,
  checked: Launch,
  reservationId: string,
  launchIndex: number,
): CloudInstance {
  const instance: CloudInstance = {
    id: newId('i'),
    reservationId,
    launchIndex,
    launchedAt: state.clock.now(),
    request,
    rootDevice: rootDeviceOf(checked.image),
    subnet: checked.subnet,
    groups: checked.groups,
    userData: checked.userData,
    wantsPublicIp: checked.wantsPublicIp,
    spotRequestId: request.InstanceMarketOptions?.MarketType === 'spot' ? newId('sir') : undefined,
    tags: tagsFor(request, 'instance'),
    history: [{ at: state.clock.monotonic(), state: 'pending' }],
    privateIp: request.PrivateIpAddress ?? state.nextAddress('private'),
    publicIp: checked.wantsPublicIp ? state.nextAddress('public') : undefined,
    reason: undefined,
    work: Promise.resolve(),
    runs: 0,
  };
  state.instances.push(instance);
  for (const volume of volumesOf(instance, checked)) state.volumes.set(volume.id, volume);
  return instance;
}

function volumesOf(instance: CloudInstance, { disks, subnet }: Launch): CloudVolume[] {
  return disks.map(({ device, sizeGb, ebs }) => ({
    id: newId('vol'),
    instanceId: instance.id,
    zone: subnet.zone,
    device,
    sizeGb,
    type: ebs.VolumeType ?? 'gp2',
    encrypted: ebs.Encrypted ?? false,
    deletedWithInstance: ebs.DeleteOnTermination ?? true,
    createdAt: instance.launchedAt,
    tags: tagsFor(instance.request, 'volume'),
    attached: true,
  }));
}

function tagsFor({ TagSpecifications: specifications = [] }: RunInstancesRequest, type: string): Map<string, string> {
  const tags = new Map<string, string>();
  addTags(tags, specifications.find(({ ResourceType }) => ResourceType === type)?.Tags ?? []);
  return tags;
}

/** The same text for the same parameters, in whatever order their keys came. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
