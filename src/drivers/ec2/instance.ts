import type { Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import { type Claim, parseClaim } from '../../domain/claim.ts';

export const instanceTag = 'shining-wizard:instance';
export const claimTag = 'shining-wizard:claim';

/** One machine as EC2 lists it. */
export interface Instance {
  readonly id: string;
  readonly claim: Claim;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  /** Why it changed its state last; empty where nobody said. */
  readonly reason: { readonly code: string; readonly message: string };
  /** Milliseconds since 1970, by the clock of AWS; of the last start. */
  readonly startedAt: number;
  readonly type: string;
  /** Empty while it has none. */
  readonly publicAddress: string;
  readonly privateAddress: string;
}

const states: ReadonlySet<string> = new Set([
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
]);
const isState = (name: string | undefined): name is Instance['state'] => name !== undefined && states.has(name);

/** Missing where it does not bear our label: an instance of somebody else. */
export function instanceOf(one: Ec2Instance, ours: string): Instance | undefined {
  const tags = new Map((one.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  const claim = parseClaim(tags.get(claimTag) ?? '');
  if (tags.get(instanceTag) !== ours || !claim || one.InstanceId === undefined) return undefined;
  return instanceWith(one, claim);
}

/** For an answer that is about our own request. */
export function instanceWith(one: Ec2Instance, claim: Claim): Instance | undefined {
  if (one.InstanceId === undefined) return undefined;
  const state = one.State?.Name;
  return {
    id: one.InstanceId,
    claim,
    // A state that we have no word for is one on the way.
    state: isState(state) ? state : 'pending',
    reason: { code: one.StateReason?.Code ?? '', message: one.StateReason?.Message ?? '' },
    startedAt: one.LaunchTime?.getTime() ?? 0,
    type: one.InstanceType ?? '',
    publicAddress: one.PublicIpAddress ?? '',
    privateAddress: one.PrivateIpAddress ?? '',
  };
}

export const isLive = ({ state }: Instance): boolean => state !== 'shutting-down' && state !== 'terminated';
