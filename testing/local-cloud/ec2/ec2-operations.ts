import { CloudError } from '../protocol/cloud-error.ts';
import { getConsoleOutput, startInstances, stopInstances, terminateInstances } from './change-instances.ts';
import { createTags, deleteTags, describeTags } from './change-tags.ts';
import {
  describeAvailabilityZones,
  describeImages,
  describeKeyPairs,
  describeSecurityGroups,
  describeSubnets,
  describeVolumes,
} from './describe-account.ts';
import { describeInstanceAttribute, describeInstanceStatus, describeInstances } from './describe-instances.ts';
import type { Ec2State } from './ec2-state.ts';
import { findInstances } from './find-instances.ts';
import { runInstances } from './run-instances.ts';

/** What an operation does; its input was read by the type that AWS's description gives it. */
type Act = (state: Ec2State, input: never) => object | Promise<object>;

const operations: Readonly<Record<string, Act>> = {
  RunInstances: runInstances,
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceAttribute: describeInstanceAttribute,
  TerminateInstances: terminateInstances,
  StopInstances: stopInstances,
  StartInstances: startInstances,
  RebootInstances: (state, input: { InstanceIds?: string[] }) => {
    findInstances(state, input.InstanceIds);
    return {};
  },
  GetConsoleOutput: getConsoleOutput,
  CreateTags: createTags,
  DeleteTags: deleteTags,
  DescribeTags: describeTags,
  DescribeImages: describeImages,
  DescribeSubnets: describeSubnets,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeKeyPairs: describeKeyPairs,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeVolumes: describeVolumes,
};

/** Does it, or throws what EC2 says. */
export async function doEc2(state: Ec2State, operation: string, input: object): Promise<object> {
  const act = operations[operation];
  if (act === undefined) throw new CloudError('UnsupportedOperation', `The local cloud does not do ${operation}`, 501);
  // A launch says it itself, after everything about it was checked.
  if ('DryRun' in input && input.DryRun === true && operation !== 'RunInstances') {
    throw new CloudError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  }
  return act(state, input as never);
}
