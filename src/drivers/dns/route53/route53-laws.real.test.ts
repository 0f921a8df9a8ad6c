import { describe } from 'node:test';
import { withMoto } from '../../../../testing/at-each-cloud.ts';
import { aCall, aClaim } from '../../../../testing/builders.ts';
import { resourceLaws } from '../../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../../testing/conformance/resource-world.ts';
import { settleInRealTime } from '../../../../testing/conformance/settle.ts';
import { noCloud } from '../../../../testing/local-cloud/cloud-clients.ts';
import type { CloudFault } from '../../../../testing/local-cloud/cloud-faults.ts';
import type { LocalCloudOptions } from '../../../../testing/local-cloud/start-local-cloud.ts';
import type { Claim } from '../../../domain/claim.ts';
import { Secret } from '../../../kit/secret.ts';
import { markerName, markerText } from '../ownership.ts';
import type { Route53Options } from './route53-records.ts';
import {
  type AnyRoute53World,
  aRecord,
  motoRoute53World,
  oursInTests,
  type Route53World,
  route53World,
  zoneInTests,
} from './route53-test-world.ts';

const hostOf = (claim: Claim): string => `app-${claim.environment}.${zoneInTests}`;
const spec = (claim: Claim) => ({ ttlSeconds: 0, records: { [hostOf(claim)]: '203.0.113.7' } });

/** What any cloud can be held to. */
function lawsAt(world: AnyRoute53World): ResourceWorld {
  const { driver, open, values, change, settings } = world;
  return {
    driver,
    reopen: () => open(),
    role: 'dns',
    spec,
    otherSpec: (claim) => ({
      ttlSeconds: 0,
      records: { [hostOf(claim)]: '2001:DB8::7', [`api.${hostOf(claim)}`]: '203.0.113.8' },
    }),
    strangers: strangersOf(world),
    deleteBehindBack: (claim) =>
      change([
        aRecord('DELETE', hostOf(claim), 'A', '203.0.113.7', 0),
        aRecord('DELETE', markerName(hostOf(claim)), 'TXT', `"${markerText(oursInTests, claim)}"`),
      ]),
    halfMake: (claim) =>
      change([aRecord('CREATE', markerName(hostOf(claim)), 'TXT', `"${markerText(oursInTests, claim)}"`)]),
    count: async (claim) => (await values(hostOf(claim), 'A')).length + (await values(hostOf(claim), 'AAAA')).length,
    secrets: [settings.accessKey.secret.reveal()],
    many: 30,
    settle: settleInRealTime(20_000),
    timeToSettleMs: 20_000,
    close: async () => world[Symbol.asyncDispose](),
  };
}

async function localLaws(options: LocalCloudOptions): Promise<ResourceWorld> {
  const world = await route53World(options);
  return { ...lawsAt(world), troubles: troublesOf(world) };
}

function strangersOf({ change, values }: AnyRoute53World): NonNullable<ResourceWorld['strangers']> {
  const planted = [
    [`api-shop-7.${zoneInTests}`, 'A', '198.51.100.1'],
    [`www.${zoneInTests}`, 'CNAME', 'elsewhere.test.'],
    [`\\052.${zoneInTests}`, 'A', '198.51.100.3'],
    [markerName(`other.${zoneInTests}`), 'TXT', `"${markerText('another', aClaim())}"`],
    [`other.${zoneInTests}`, 'A', '198.51.100.2'],
  ] as const;
  return {
    plant: () => change(planted.map(([name, type, value]) => aRecord('CREATE', name, type, value))),
    async untouched() {
      const found = await Promise.all(planted.map(async ([name, type]) => (await values(name, type)).join()));
      return planted.every(([, , value], index) => found[index] === value);
    },
  };
}

function troublesOf({ cloud, driver, open }: Route53World): NonNullable<ResourceWorld['troubles']> {
  const create = (by = driver): Promise<void> => by.create(aClaim({ role: 'dns' }), spec(aClaim()), aCall());
  const with_ = (operation: string, fault: CloudFault) => (): Promise<unknown> => {
    cloud.faults.next(operation, fault);
    return create(open());
  };
  const other = (over: Partial<Route53Options>) => () => create(open(over));
  const write = 'ChangeResourceRecordSets';
  const wrong = { id: cloud.credentials.accessKeyId, secret: new Secret('another-secret') };
  return [
    { what: 'a wrong secret', remedy: 'fix-setup', provoke: other({ accessKey: wrong }) },
    { what: 'another zone', remedy: 'fix-setup', provoke: other({ zoneId: 'Z00000000000000' }) },
    {
      what: 'a key without the right',
      remedy: 'fix-setup',
      provoke: with_(write, { kind: 'refused', code: 'AccessDenied' }),
    },
    { what: 'a dead token', remedy: 'fix-setup', provoke: with_(write, { kind: 'dead-token' }) },
    { what: 'throttling', remedy: 'try-again', provoke: with_(write, { kind: 'throttled' }) },
    {
      what: 'a busy zone',
      remedy: 'try-again',
      provoke: with_(write, { kind: 'refused', code: 'PriorRequestNotComplete' }),
    },
    { what: 'a lost answer', remedy: 'try-again', provoke: with_(write, { kind: 'lost', effect: false }) },
    { what: 'half an answer', remedy: 'try-again', provoke: with_('ListResourceRecordSets', { kind: 'half' }) },
    {
      what: 'an error of AWS',
      remedy: 'try-again',
      provoke: with_(write, { kind: 'broken', status: 503, effect: false }),
    },
  ];
}

describe('Route 53', { skip: noCloud }, () => {
  resourceLaws({ name: 'route53 that is there at once', newWorld: () => localLaws({}) });
  resourceLaws({
    name: 'route53 that takes its time',
    newWorld: async () => ({ ...(await localLaws({ insyncMs: 20 })), many: 7 }),
  });
});

/** It compares a CREATE with all that was ever made, also with what was deleted since; Route 53 with what is there. */
const because = 'moto refuses to make again what was made once';

describe('Route 53 as moto has it', () => {
  withMoto((fresh) => {
    resourceLaws({
      name: 'route53 before moto',
      cannot: {
        'bad credentials, a refused size and a dropped connection give the right remedy':
          'it takes any key and cannot be told to refuse',
      },
      notYet: [
        { law: 'a changed spec shows as drift; update ends it, or the method is missing', because },
        { law: 'the next generation can be created after the last is gone', because },
      ],
      newWorld: async () => lawsAt(await motoRoute53World(await fresh())),
    });
  });
});
