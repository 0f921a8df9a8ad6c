import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/kit/clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type AccessKey, type AccessKeys, accessKeys } from './access-keys.ts';
import { answerCall, type CloudRequest, type Door } from './answer-call.ts';
import { type CloudFaults, cloudFaults } from './cloud-faults.ts';
import { type CloudMachines, memoryMachines } from './cloud-machines.ts';
import { defaultAccount } from './default-account.ts';
import { type CloudInstance, stateOf } from './ec2/cloud-instance.ts';
import { doEc2 } from './ec2/ec2-operations.ts';
import type { CloudVolume, Ec2Setup, Ec2State, Staleness } from './ec2/ec2-state.ts';
import { terminate } from './ec2/instance-life.ts';
import { rateLimit } from './rate-limit.ts';
import { canonicalName } from './route53/record-names.ts';
import { doRoute53 } from './route53/route53-operations.ts';
import { type CloudZone, newZone, type Route53State, type ZoneChange } from './route53/zone-state.ts';

export interface LocalCloudOptions {
  /** What stands in the account; what is left out is as in `defaultAccount`. */
  readonly account?: Partial<Ec2Setup>;
  /** Names of hosted zones. Default: `preview.test`. */
  readonly zones?: readonly string[];
  /** Default: machines that only remember. */
  readonly machines?: CloudMachines;
  /** Default: the machine's own time. Signatures are always held to that one. */
  readonly clock?: Clock;
  /** How long a change of records stays PENDING. Default 0. */
  readonly insyncMs?: number;
  /** Brings changes to a name server that `dig` can ask; a change is INSYNC only after it. */
  readonly publish?: (zone: string, changes: readonly ZoneChange[]) => Promise<void>;
  /** Calls a second, and how many may come at once. Default: no limit. */
  readonly limits?: {
    readonly [service in 'ec2' | 'route53']?: { readonly perSecond: number; readonly burst: number };
  };
}

export interface LocalCloud {
  /** To be given to a client as its endpoint. */
  readonly endpoints: { readonly ec2: string; readonly route53: string };
  readonly region: string;
  /** A key that is there from the start. */
  readonly credentials: AccessKey;
  readonly keys: AccessKeys;
  readonly faults: CloudFaults;
  readonly account: Ec2Setup;
  /** Every instance ever launched, oldest first, also dead ones; as it is, not as listings show it. */
  readonly instances: readonly CloudInstance[];
  /** Instances that are not terminated. */
  readonly alive: readonly CloudInstance[];
  readonly volumes: readonly CloudVolume[];
  /** By id. */
  readonly zones: ReadonlyMap<string, CloudZone>;
  /** How far listings lag behind; may be changed at any time. */
  readonly staleness: Staleness;
  /** What the client token of a dead instance is answered: the instance (default), or IdempotentInstanceTerminated. */
  deadTokens(answer: 'answered' | 'refused'): void;
  /** The cloud ends an instance by itself, as it does with a Spot instance. */
  reclaim(instanceId: string): void;
  /** Every call that arrived, in order. */
  readonly requests: readonly CloudRequest[];
  /** Waits until machines settled, and throws when the cloud itself was wrong anywhere. */
  close(): Promise<void>;
}

/** EC2 and Route 53 on ports of this machine, for any client; AWS's own descriptions judge every call and every answer. */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const clock = options.clock ?? systemClock;
  const keys = accessKeys();
  const faults = cloudFaults();
  const requests: CloudRequest[] = [];
  const defects: unknown[] = [];
  const broken = (error: unknown): void => void defects.push(error);
  const ec2 = ec2State(options, clock, broken);
  const route53 = route53State(options, clock, broken);
  const door = { region: ec2.region, clock, keys, faults, requests, broken };
  const { limits = {} } = options;
  const doors = [
    await open({
      ...door,
      service: 'ec2',
      act: (name, input) => doEc2(ec2, name, input),
      ...limitOf(clock, limits.ec2),
    }),
    await open({
      ...door,
      service: 'route53',
      // A service of all regions, signed for this one.
      region: 'us-east-1',
      act: (name, input) => doRoute53(route53, name, input),
      ...limitOf(clock, limits.route53),
    }),
  ] as const;
  return {
    endpoints: { ec2: doors[0].url, route53: doors[1].url },
    region: ec2.region,
    credentials: keys.issue(),
    keys,
    faults,
    account: ec2,
    instances: ec2.instances,
    get alive() {
      return ec2.instances.filter((instance) => stateOf(instance) !== 'terminated');
    },
    get volumes() {
      return [...ec2.volumes.values()];
    },
    zones: route53.zones,
    staleness: ec2.staleness,
    deadTokens(answer) {
      ec2.deadTokens = answer;
    },
    reclaim(instanceId) {
      const instance = ec2.instances.find(({ id }) => id === instanceId);
      if (instance === undefined) throw new Error(`there is no instance ${instanceId}`);
      const code = instance.spotRequestId === undefined ? 'Server.InternalError' : 'Server.SpotInstanceTermination';
      terminate(ec2, instance, { code, message: `${code}: the cloud ended it` });
    },
    requests,
    async close() {
      await Promise.all(doors.map((one) => one.close()));
      if (defects.length > 0)
        throw new AggregateError(defects, `the local cloud was wrong: ${defects.map(String).join('; ')}`);
    },
  };
}

function ec2State(options: LocalCloudOptions, clock: Clock, broken: (error: unknown) => void): Ec2State {
  return {
    ...defaultAccount(),
    ...options.account,
    clock,
    machines: options.machines ?? memoryMachines(),
    instances: [],
    volumes: new Map(),
    tokens: new Map(),
    staleness: { hideNewMs: 0, showOldMs: 0 },
    deadTokens: 'answered',
    broken,
  };
}

function route53State(options: LocalCloudOptions, clock: Clock, broken: (error: unknown) => void): Route53State {
  const zones = (options.zones ?? ['preview.test']).map((name) =>
    newZone(canonicalName(name), `made with the cloud: ${name}`),
  );
  return {
    clock,
    insyncMs: options.insyncMs ?? 0,
    zones: new Map(zones.map((zone) => [zone.id, zone])),
    changes: new Map(),
    publish: options.publish ?? (() => Promise.resolve()),
    broken,
  };
}

function limitOf(clock: Clock, limit: { perSecond: number; burst: number } | undefined): Pick<Door, 'tooMany'> {
  return limit === undefined ? {} : { tooMany: rateLimit(clock, limit.perSecond, limit.burst) };
}

async function open(door: Door): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answerCall(door, request, response).catch(door.broken);
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
