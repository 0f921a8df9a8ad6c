import { type Change, Route53 } from '@aws-sdk/client-route-53';
import type { EachCloud } from '../../../../testing/at-each-cloud.ts';
import {
  type LocalCloud,
  type LocalCloudOptions,
  startLocalCloud,
} from '../../../../testing/local-cloud/start-local-cloud.ts';
import type { MotoServer } from '../../../../testing/moto-server.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import { systemClock } from '../../../kit/clock.ts';
import { Secret } from '../../../kit/secret.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ResourceDriver } from '../../../ports/resource-driver.ts';
import type { Route53Settings } from './route53-account.ts';
import { type Route53Options, route53Records } from './route53-records.ts';

export const oursInTests = 'wizard-here';
export const zoneInTests = 'preview.test';
export const [app, api] = [`app-shop-7.${zoneInTests}`, `api-shop-7.${zoneInTests}`] as const;
export const spec = (records: Record<string, string>, ttlSeconds = 60) => ({ ttlSeconds, records });
export const wanted = spec({ [app]: '203.0.113.7' });

/** The driver before any cloud. What is there is seen with AWS's own client, so that the same is asked of each. */
export interface AnyRoute53World extends AsyncDisposable {
  readonly settings: Route53Settings & { readonly accessKey: { readonly secret: Secret } };
  readonly driver: ResourceDriver;
  /** Another process over the same zone. */
  open(over?: Partial<Route53Options>): ResourceDriver;
  /** Values at a name, as the zone has them. */
  values(name: string, type: string): Promise<readonly string[]>;
  /** What others do in the zone. */
  change(changes: readonly Change[]): Promise<void>;
}

/** Before a local cloud that holds every request to AWS's own description. */
export interface Route53World extends AnyRoute53World {
  readonly cloud: LocalCloud;
}

/** Twenty times as fast as ours: pauses between calls are kept, and nobody waits long for them. */
export const quickClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * 20,
  after: (ms, then) => systemClock.after(ms / 20, then),
};

type Key = { readonly accessKeyId: string; readonly secretAccessKey: string };

function anyRoute53World(about: {
  readonly route53: Route53;
  readonly zoneId: string;
  readonly endpoint: string;
  readonly credentials: Key;
  close?(): Promise<void>;
}): AnyRoute53World {
  const { route53, zoneId, endpoint, credentials } = about;
  const { accessKeyId: id, secretAccessKey } = credentials;
  const settings = { zoneId, endpoint, accessKey: { id, secret: new Secret(secretAccessKey) } };
  const open = (over: Partial<Route53Options> = {}): ResourceDriver =>
    route53Records({
      ...settings,
      ...{ zone: zoneInTests, instance: oursInTests, clock: quickClock, log: silentLog() },
      ...over,
    });
  return {
    settings,
    driver: open(),
    open,
    async values(name, type) {
      const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({
        ...{ HostedZoneId: zoneId, StartRecordName: name, MaxItems: 10 },
      });
      const set = ResourceRecordSets.find(({ Name, Type }) => Name === `${name}.` && Type === type);
      return (set?.ResourceRecords ?? []).map(({ Value = '' }) => Value);
    },
    async change(changes) {
      await route53.changeResourceRecordSets({ HostedZoneId: zoneId, ChangeBatch: { Changes: [...changes] } });
    },
    async [Symbol.asyncDispose]() {
      route53.destroy();
      await about.close?.();
    },
  };
}

/** AWS's own client, which repeats nothing by itself. */
const clientOf = (endpoint: string, credentials: Key): Route53 =>
  new Route53({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });

export async function route53World(options: LocalCloudOptions = {}): Promise<Route53World> {
  const cloud = await startLocalCloud(options);
  const [zone] = cloud.zones.values();
  if (!zone) throw new Error('the cloud has no zone');
  const endpoint = cloud.endpoints.route53;
  const { credentials } = cloud;
  const route53 = clientOf(endpoint, credentials);
  const parts = { route53, zoneId: zone.id, endpoint, credentials };
  return { ...anyRoute53World({ ...parts, close: () => cloud.close() }), cloud };
}

/** A moto that has forgotten everything gets a zone as the local cloud has it. */
export async function motoRoute53World({ url: endpoint, credentials }: MotoServer): Promise<AnyRoute53World> {
  const route53 = clientOf(endpoint, credentials);
  const { HostedZone } = await route53.createHostedZone({ Name: zoneInTests, CallerReference: 'the zone of a test' });
  const zoneId = HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
  return anyRoute53World({ route53, zoneId, endpoint, credentials });
}

/** For what any cloud can show. */
export const eachRoute53: EachCloud<AnyRoute53World> = { local: () => route53World(), moto: motoRoute53World };

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
