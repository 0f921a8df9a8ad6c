import type { InstanceStateName, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { CloudGroup, CloudSubnet, Ec2State } from './ec2-state.ts';

export interface CloudInstance {
  readonly id: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly launchedAt: number;
  readonly request: RunInstancesRequest;
  readonly rootDevice: string;
  readonly subnet: CloudSubnet;
  readonly groups: readonly CloudGroup[];
  readonly userData: Uint8Array;
  readonly wantsPublicIp: boolean;
  readonly spotRequestId: string | undefined;
  readonly tags: Map<string, string>;
  /** Every state it had, with its time; the last is the present one. */
  readonly history: { readonly at: number; readonly state: InstanceStateName }[];
  privateIp: string;
  publicIp: string | undefined;
  reason: { readonly code: string; readonly message: string } | undefined;
  /** What is done to its machine, one after the other. */
  work: Promise<void>;
  /** Counts how often it was started, to tell an old end from a new one. */
  runs: number;
}

const codes: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** So long a terminated instance is still listed. */
const listedAfterEndMs = 3_600_000;

export const codeOf = (state: InstanceStateName): number => codes[state];

export const stateOf = ({ history }: CloudInstance): InstanceStateName => history.at(-1)?.state ?? 'pending';

/** What a listing says its state is: maybe an old one. */
export function shownState({ clock, staleness }: Ec2State, { history }: CloudInstance): InstanceStateName {
  const seenAt = clock.monotonic() - staleness.showOldMs;
  return (history.findLast(({ at }) => at <= seenAt) ?? history[0])?.state ?? 'pending';
}

/** Whether listings know it: not yet when it is too new for them, and no more an hour after its end. */
export function isListed({ clock, staleness }: Ec2State, instance: CloudInstance): boolean {
  const now = clock.monotonic();
  const born = instance.history[0]?.at ?? 0;
  const last = instance.history.at(-1);
  if (staleness.hideNewMs > 0 && now - born < staleness.hideNewMs) return false;
  return last?.state !== 'terminated' || now - last.at < listedAfterEndMs;
}
