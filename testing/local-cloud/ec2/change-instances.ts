import type {
  GetConsoleOutputRequest,
  GetConsoleOutputResult,
  InstanceStateChange,
  InstanceStateName,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import { CloudError } from '../protocol/cloud-error.ts';
import { type CloudInstance, codeOf, stateOf } from './cloud-instance.ts';
import type { Ec2State } from './ec2-state.ts';
import { findInstances } from './find-instances.ts';
import { startAgain, stop, terminate } from './instance-life.ts';

const byUser = (what: string) => ({ code: `Client.${what}`, message: `Client.${what}: User initiated shutdown` });

export function terminateInstances(state: Ec2State, request: TerminateInstancesRequest): TerminateInstancesResult {
  const instances = findInstances(state, request.InstanceIds);
  const held = instances.find((one) => one.request.DisableApiTermination === true && stateOf(one) !== 'terminated');
  if (held) {
    const words = `The instance '${held.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`;
    throw new CloudError('OperationNotPermitted', words);
  }
  return { TerminatingInstances: changed(instances, (one) => terminate(state, one, byUser('UserInitiatedShutdown'))) };
}

export function stopInstances(state: Ec2State, request: StopInstancesRequest): StopInstancesResult {
  const instances = findInstances(state, request.InstanceIds);
  refuseStates(instances, ['pending', 'shutting-down', 'terminated'], 'stopped');
  const spot = instances.find((one) => one.spotRequestId !== undefined && !isPersistent(one));
  if (spot) {
    const words = `You can't stop the Spot Instance '${spot.id}' because it is associated with a one-time Spot Instance request.`;
    throw new CloudError('UnsupportedOperation', words);
  }
  const stopOne = (one: CloudInstance): void => {
    if (stateOf(one) === 'running') stop(state, one, byUser('UserInitiatedShutdown'));
  };
  return { StoppingInstances: changed(instances, stopOne) };
}

export function startInstances(state: Ec2State, request: StartInstancesRequest): StartInstancesResult {
  const instances = findInstances(state, request.InstanceIds);
  refuseStates(instances, ['stopping', 'shutting-down', 'terminated'], 'started');
  const startOne = (one: CloudInstance): void => {
    if (stateOf(one) === 'stopped') startAgain(state, one);
  };
  return { StartingInstances: changed(instances, startOne) };
}

export async function getConsoleOutput(
  state: Ec2State,
  request: GetConsoleOutputRequest,
): Promise<GetConsoleOutputResult> {
  const [instance] = findInstances(state, [request.InstanceId ?? '']);
  const known = instance !== undefined && ['running', 'stopping', 'stopped'].includes(stateOf(instance));
  const text = known ? await state.machines.consoleOutput(instance.id) : '';
  return {
    InstanceId: request.InstanceId,
    Timestamp: new Date(state.clock.now()),
    // At most the last 64 KB, and nothing at all before anything was printed.
    ...(text === '' ? {} : { Output: Buffer.from(text).subarray(-65_536).toString('base64') }),
  };
}

function isPersistent({ request }: CloudInstance): boolean {
  return request.InstanceMarketOptions?.SpotOptions?.SpotInstanceType === 'persistent';
}

function refuseStates(instances: readonly CloudInstance[], wrong: readonly InstanceStateName[], what: string): void {
  const refused = instances.find((one) => wrong.includes(stateOf(one)));
  if (refused === undefined) return;
  const words = `The instance '${refused.id}' is not in a state from which it can be ${what}.`;
  throw new CloudError('IncorrectInstanceState', words);
}

function changed(instances: readonly CloudInstance[], change: (one: CloudInstance) => void): InstanceStateChange[] {
  const show = (name: InstanceStateName) => ({ Code: codeOf(name), Name: name });
  return instances.map((instance) => {
    const PreviousState = show(stateOf(instance));
    change(instance);
    return { InstanceId: instance.id, PreviousState, CurrentState: show(stateOf(instance)) };
  });
}
