import { CloudError } from '../protocol/cloud-error.ts';
import { type CloudInstance, isListed } from './cloud-instance.ts';
import type { Ec2State } from './ec2-state.ts';

/** The instances of these ids, all or none: EC2 refuses the whole call for one id that it does not know. */
export function findInstances(state: Ec2State, ids: readonly string[] | undefined): CloudInstance[] {
  if (ids === undefined || ids.length === 0) throw new CloudError('InvalidParameterValue', 'No instance ID was given');
  const malformed = ids.find((id) => !/^i-(?:[\da-f]{8}|[\da-f]{17})$/.test(id));
  if (malformed !== undefined) {
    throw new CloudError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}" (expecting "i-...")`);
  }
  const found = ids.map((id) => state.instances.find((one) => one.id === id && isListed(state, one)));
  const missing = ids.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) {
    const words = missing.length === 1 ? `ID '${missing[0]}' does` : `IDs '${missing.join(', ')}' do`;
    throw new CloudError('InvalidInstanceID.NotFound', `The instance ${words} not exist`);
  }
  return found.filter((one) => one !== undefined);
}
