import type { Change } from '@aws-sdk/client-route-53';
import { type CloudWorld, openCloudWorld } from '../../../../testing/local-cloud/cloud-clients.ts';
import type { LocalCloudOptions } from '../../../../testing/local-cloud/start-local-cloud.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import { systemClock } from '../../../kit/clock.ts';
import { Secret } from '../../../kit/secret.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ResourceDriver } from '../../../ports/resource-driver.ts';
import { type Route53Options, route53Records } from './route53-records.ts';

export const oursInTests = 'wizard-here';
export const zoneInTests = 'preview.test';

export interface Route53World extends CloudWorld {
  readonly zoneId: string;
  readonly driver: ResourceDriver;
  /** Another process over the same zone. */
  open(over?: Partial<Route53Options>): ResourceDriver;
  /** Values at a name, as the zone has them. */
  values(name: string, type: string): readonly string[];
  /** What others do in the zone. */
  change(changes: readonly Change[]): Promise<void>;
}

/** Twenty times as fast as ours: pauses between calls are kept, and nobody waits long for them. */
export const quickClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * 20,
  after: (ms, then) => systemClock.after(ms / 20, then),
};

/** The driver before a local cloud that holds every request to AWS's own description. */
export async function route53World(options: LocalCloudOptions = {}): Promise<Route53World> {
  const world = await openCloudWorld(options);
  const { cloud, route53 } = world;
  const [zone] = cloud.zones.values();
  if (!zone) throw new Error('the cloud has no zone');
  const open = (over: Partial<Route53Options> = {}): ResourceDriver =>
    route53Records({
      zone: zoneInTests,
      zoneId: zone.id,
      endpoint: cloud.endpoints.route53,
      accessKey: { id: cloud.credentials.accessKeyId, secret: new Secret(cloud.credentials.secretAccessKey) },
      instance: oursInTests,
      clock: quickClock,
      log: silentLog(),
      ...over,
    });
  return {
    ...world,
    zoneId: zone.id,
    driver: open(),
    open,
    values: (name, type) => zone.records.get(`${name}. ${type}`)?.values ?? [],
    async change(changes) {
      const { ChangeResourceRecordSetsCommand } = await import('@aws-sdk/client-route-53');
      await route53.send(
        new ChangeResourceRecordSetsCommand({ HostedZoneId: zone.id, ChangeBatch: { Changes: [...changes] } }),
      );
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** A record set with one value. */
export const aRecord = (
  Action: 'CREATE' | 'DELETE',
  Name: string,
  Type: 'A' | 'CNAME' | 'TXT',
  Value: string,
  TTL = 60,
): Change => ({
  Action,
  ResourceRecordSet: { Name, Type, TTL, ResourceRecords: [{ Value }] },
});
