import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/ports/clock.ts';
import type { CloudMachines } from '../cloud-machines.ts';
import type { CloudInstance } from './cloud-instance.ts';

export interface CloudImage {
  readonly id: string;
  readonly name: string;
  /** Default: available. */
  readonly state?: 'pending' | 'available' | 'failed' | 'deregistered';
  readonly rootGb?: number;
  /** The name of its own disk; a mapping of any other name adds a disk. Default: `/dev/xvda`. */
  readonly rootDevice?: string;
}

export const rootDeviceOf = ({ rootDevice = '/dev/xvda' }: CloudImage): string => rootDevice;

export interface CloudSubnet {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  /** Shown only; addresses are given by the pool. */
  readonly cidr: string;
  /** Whether an instance gets a public address when it does not say. */
  readonly mapPublicIp: boolean;
}

export interface CloudGroup {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
}

export interface CloudKeyPair {
  readonly name: string;
  /** One line, as in `authorized_keys`. */
  readonly publicKey: string;
}

/** What stands in the account before anything is launched. */
export interface Ec2Setup {
  readonly region: string;
  readonly account: string;
  readonly images: readonly CloudImage[];
  /** The first is taken by whoever names none. */
  readonly subnets: readonly CloudSubnet[];
  /** The first is taken by whoever names none. */
  readonly groups: readonly CloudGroup[];
  readonly keyPairs: readonly CloudKeyPair[];
  /** Names of instance profiles. */
  readonly profiles: readonly string[];
  /** Time between a change and its end, beside what the machine itself takes. Default 0. */
  readonly settleMs: number;
  /** An address that no instance has; never one that somebody on the internet has. */
  nextAddress(kind: 'private' | 'public'): string;
}

export interface CloudVolume {
  readonly id: string;
  readonly instanceId: string;
  readonly zone: string;
  readonly device: string;
  readonly sizeGb: number;
  readonly type: 'standard' | 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1';
  readonly encrypted: boolean;
  readonly deletedWithInstance: boolean;
  readonly createdAt: number;
  readonly tags: Map<string, string>;
  attached: boolean;
}

/** How far listings lag behind. Both 0: not at all. */
export interface Staleness {
  /** So long a new instance is in no listing, and its id is not found. */
  hideNewMs: number;
  /** So long listings show what was before a change. */
  showOldMs: number;
}

export interface Launched {
  readonly parameters: string;
  readonly reservationId: string;
}

export interface Ec2State extends Ec2Setup {
  readonly clock: Clock;
  readonly machines: CloudMachines;
  /** Every instance ever launched, oldest first. */
  readonly instances: CloudInstance[];
  readonly volumes: Map<string, CloudVolume>;
  /** What a client token has launched. */
  readonly tokens: Map<string, Launched>;
  readonly staleness: Staleness;
  /** What AWS says to the client token of a dead instance: both are known of it. */
  deadTokens: 'answered' | 'refused';
  /** A defect of the cloud or of its machines; said when it closes. */
  broken(error: unknown): void;
}

export const newId = (kind: 'i' | 'r' | 'vol' | 'eni' | 'sir'): string => `${kind}-0${randomBytes(8).toString('hex')}`;
