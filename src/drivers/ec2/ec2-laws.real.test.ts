import { describe } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import type { CloudFault } from '../../../testing/local-cloud/cloud-faults.ts';
import type { LocalCloudOptions } from '../../../testing/local-cloud/start-local-cloud.ts';
import { Secret } from '../../kit/secret.ts';
import { aMachine, type Ec2World, ec2World, oursInTests } from './ec2-test-world.ts';
import { claimTag, instanceTag } from './instance.ts';

async function lawsWorld(options: LocalCloudOptions): Promise<ResourceWorld> {
  const world = await ec2World(options);
  const { cloud, driver, open } = world;
  const one = (claim: Parameters<Ec2World['alive']>[0]): string => world.alive(claim)[0]?.id ?? 'none';
  return {
    driver,
    reopen: () => open(),
    spec: aMachine(),
    otherSpec: aMachine({ power: 'off' }),
    strangers: strangersOf(world),
    deleteBehindBack: async (claim) => {
      const { ec2 } = await clients(world);
      await ec2.terminateInstances({ InstanceIds: [one(claim)] });
    },
    halfMake: async (claim) => {
      world.machines.failNext('the host is broken');
      await driver.create(claim, aMachine(), aCall());
    },
    count: async (claim) => world.alive(claim).length,
    troubles: troublesOf(world),
    secrets: [cloud.credentials.secretAccessKey],
    many: 120,
    settle: world.settle,
    timeToSettleMs: 5_000,
    close: world.close,
  };
}

/** One of another server of ours that shares the account, and one of nobody's. */
function strangersOf(world: Ec2World): NonNullable<ResourceWorld['strangers']> {
  const planted: string[] = [];
  const plant = async (tags: Record<string, string>): Promise<void> => {
    const { ec2 } = await clients(world);
    const { Instances = [] } = await ec2.runInstances({
      ImageId: 'ami-0123456789abcdef0',
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [
        { ResourceType: 'instance', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
      ],
    });
    planted.push(...Instances.map(({ InstanceId = '' }) => InstanceId));
  };
  return {
    async plant() {
      await plant({ [instanceTag]: 'another-wizard', [claimTag]: 'shop-7_web.3f9a2c1d_1' });
      await plant({ [instanceTag]: oursInTests, [claimTag]: 'not a claim' });
      await plant({ Name: 'shop-7' });
    },
    untouched: async () => planted.every((id) => world.cloud.alive.some((one) => one.id === id)),
  };
}

function troublesOf({ cloud, driver, open }: Ec2World): NonNullable<ResourceWorld['troubles']> {
  const claim = aClaim();
  const create = (spec = aMachine(), by = driver) => by.create(claim, spec, aCall());
  const with_ = (operation: string, fault: CloudFault) => (): Promise<unknown> => {
    cloud.faults.next(operation, fault);
    return create();
  };
  const wrong = { accessKey: { id: cloud.credentials.accessKeyId, secret: new Secret('another-secret') } };
  const cut = { kind: 'lost', effect: false } as const;
  return [
    { what: 'a wrong secret', remedy: 'fix-setup', provoke: () => create(aMachine(), open(wrong)) },
    { what: 'a dead token', remedy: 'fix-setup', provoke: with_('RunInstances', { kind: 'dead-token' }) },
    { what: 'throttling', remedy: 'try-again', provoke: with_('RunInstances', { kind: 'throttled' }) },
    { what: 'a cut connection', remedy: 'try-again', provoke: with_('DescribeInstances', cut) },
    { what: 'an unknown size', remedy: 'fix-setup', provoke: () => create(aMachine({ types: ['m4.huge'] })) },
    { what: 'an unknown image', remedy: 'fix-setup', provoke: () => create(aMachine({ image: 'ami-0000000f' })) },
  ];
}

async function clients({ cloud }: Ec2World) {
  const { EC2 } = await import('@aws-sdk/client-ec2');
  const { accessKeyId, secretAccessKey } = cloud.credentials;
  return {
    ec2: new EC2({
      region: cloud.region,
      endpoint: cloud.endpoints.ec2,
      credentials: { accessKeyId, secretAccessKey },
    }),
  };
}

describe('EC2', { skip: noCloud }, () => {
  resourceLaws({ name: 'ec2 that settles at once', newWorld: () => lawsWorld({}) });
  resourceLaws({
    name: 'ec2 that takes its time',
    newWorld: async () => ({ ...(await lawsWorld({ account: { settleMs: 40 } })), many: 7 }),
  });
});
