import { CloudError } from '../protocol/cloud-error.ts';
import { changeResourceRecordSets } from './change-records.ts';
import { listResourceRecordSets } from './list-records.ts';
import type { Route53State } from './zone-state.ts';
import {
  createHostedZone,
  deleteHostedZone,
  getChange,
  getHostedZone,
  listHostedZones,
  listHostedZonesByName,
} from './zones.ts';

/** What an operation does; its input was read by the type that AWS's description gives it. */
type Act = (state: Route53State, input: never) => object;

const operations: Readonly<Record<string, Act>> = {
  ChangeResourceRecordSets: changeResourceRecordSets,
  ListResourceRecordSets: listResourceRecordSets,
  GetChange: getChange,
  ListHostedZones: listHostedZones,
  ListHostedZonesByName: listHostedZonesByName,
  GetHostedZone: getHostedZone,
  CreateHostedZone: createHostedZone,
  DeleteHostedZone: deleteHostedZone,
};

/** Does it, or throws what Route 53 says. */
export async function doRoute53(state: Route53State, operation: string, input: object): Promise<object> {
  const act = operations[operation];
  if (act === undefined) throw new CloudError('UnsupportedOperation', `The local cloud does not do ${operation}`, 501);
  return act(state, input as never);
}
