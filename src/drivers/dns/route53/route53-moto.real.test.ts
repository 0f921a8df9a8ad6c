import { after, before, describe } from 'node:test';
import { Route53 } from '@aws-sdk/client-route-53';
import { resourceLaws } from '../../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../../testing/conformance/resource-world.ts';
import { settleInRealTime } from '../../../../testing/conformance/settle.ts';
import { type MotoServer, motoIsThere, startMoto } from '../../../../testing/moto-server.ts';
import { realPart } from '../../../../testing/real-part.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import type { Claim } from '../../../domain/claim.ts';
import { Secret } from '../../../kit/secret.ts';
import type { ResourceDriver } from '../../../ports/resource-driver.ts';
import { route53Records } from './route53-records.ts';
import { oursInTests, quickClock, zoneInTests as zone } from './route53-test-world.ts';

async function motoWorld(moto: MotoServer): Promise<ResourceWorld> {
  await moto.reset();
  const { url: endpoint, region, credentials } = moto;
  const route53 = new Route53({ region, endpoint, credentials });
  const { HostedZone } = await route53.createHostedZone({ Name: zone, CallerReference: 'the zone of a test' });
  const zoneId = HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
  const open = (): ResourceDriver =>
    route53Records({
      ...{ zone, zoneId, endpoint, region, instance: oursInTests, clock: quickClock, log: silentLog() },
      accessKey: { id: credentials.accessKeyId, secret: new Secret(credentials.secretAccessKey) },
    });
  const hostOf = (claim: Claim): string => `app-${claim.environment}.${zone}`;
  return {
    driver: open(),
    reopen: open,
    role: 'dns',
    spec: (claim) => ({ ttlSeconds: 0, records: { [hostOf(claim)]: '203.0.113.7' } }),
    otherSpec: (claim) => ({ ttlSeconds: 0, records: { [hostOf(claim)]: '203.0.113.8' } }),
    count: async (claim) => {
      const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: zoneId });
      return ResourceRecordSets.filter(({ Name, Type }) => Name === `${hostOf(claim)}.` && Type === 'A').length;
    },
    secrets: [credentials.secretAccessKey],
    settle: settleInRealTime(10_000),
    timeToSettleMs: 10_000,
    close: async () => route53.destroy(),
  };
}

/** It compares a CREATE with all that was ever made, also with what was deleted since; Route 53 with what is there. */
const because = 'moto refuses to make again what was made once';

/** Moto is another's idea of Route 53's answers; what else can happen to names is done to them in route53-laws. */
const triedAtTheLocalCloud = Object.fromEntries(
  [
    "a stranger's resource is never listed and never touched",
    'something deleted behind our back is seen as absent, or as broken and can be destroyed',
    'half-made is never ready and never an exception, and can be destroyed',
    'bad credentials, a refused size and a dropped connection give the right remedy',
  ].map((law) => [law, 'it is tried at the local cloud, in route53-laws']),
);

describe('moto', { skip: realPart('moto is not there: run scripts/install-moto.sh', motoIsThere) }, () => {
  let moto: MotoServer | undefined;
  before(async () => {
    moto = await startMoto();
  });
  after(() => moto?.close());
  resourceLaws({
    name: 'route53 at moto',
    cannot: triedAtTheLocalCloud,
    notYet: [
      { law: 'a changed spec shows as drift; update ends it, or the method is missing', because },
      { law: 'the next generation can be created after the last is gone', because },
    ],
    newWorld: () => {
      if (!moto) throw new Error('moto was not started');
      return motoWorld(moto);
    },
  });
});
