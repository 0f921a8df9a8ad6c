import { describe } from 'node:test';
import { withMoto } from '../../../testing/at-each-cloud.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import type { CloudFault } from '../../../testing/local-cloud/cloud-faults.ts';
import type { LocalCloudOptions } from '../../../testing/local-cloud/start-local-cloud.ts';
import { Secret } from '../../kit/secret.ts';
import { type AnyEc2World, motoEc2World, oursInTests } from './any-ec2-test-world.ts';
import { aMachine, type Ec2World, ec2World } from './ec2-test-world.ts';
import { claimTag, instanceTag } from './instance.ts';

/** What any cloud can be held to. */
function lawsAt(world: AnyEc2World): ResourceWorld {
  const { driver, open, machine, account, ec2, listed } = world;
  return {
    driver,
    reopen: () => open(),
    spec: machine(),
    otherSpec: machine({ power: 'off' }),
    strangers: strangersOf(world),
    deleteBehindBack: async (claim) => {
      const InstanceIds = (await listed(claim)).map(({ InstanceId = '' }) => InstanceId);
      await ec2.terminateInstances({ InstanceIds });
    },
    count: async (claim) => (await listed(claim)).length,
    secrets: [account.accessKey?.secret.reveal() ?? 'none'],
    settle: world.settle,
    timeToSettleMs: 5_000,
    close: async () => world[Symbol.asyncDispose](),
  };
}

async function localLaws(options: LocalCloudOptions): Promise<ResourceWorld> {
  const world = await ec2World(options);
  return {
    ...lawsAt(world),
    halfMake: async (claim) => {
      world.machines.failNext('the host is broken');
      await world.driver.create(claim, aMachine(), aCall());
    },
    count: async (claim) => world.alive(claim).length,
    troubles: troublesOf(world),
    many: 120,
  };
}

/** One of another server of ours that shares the account, and one of nobody's. */
function strangersOf({ ec2 }: AnyEc2World): NonNullable<ResourceWorld['strangers']> {
  const planted: string[] = [];
  const plant = async (tags: Record<string, string>): Promise<void> => {
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
    async untouched() {
      const { Reservations = [] } = await ec2.describeInstances({ InstanceIds: planted });
      const states = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
      return states.length === planted.length && states.every((state) => state === 'running');
    },
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

describe('EC2', { skip: noCloud }, () => {
  resourceLaws({ name: 'ec2 that settles at once', newWorld: () => localLaws({}) });
  resourceLaws({
    name: 'ec2 that takes its time',
    newWorld: async () => ({ ...(await localLaws({ account: { settleMs: 40 } })), many: 7 }),
  });
});

describe('EC2 as moto has it', () => {
  withMoto((fresh) => {
    resourceLaws({
      name: 'ec2 before moto',
      cannot: {
        'half-made is never ready and never an exception, and can be destroyed': 'its machines never fail to start',
        'bad credentials, a refused size and a dropped connection give the right remedy':
          'it takes any key and cannot be told to refuse',
      },
      newWorld: async () => lawsAt(await motoEc2World(await fresh())),
    });
  });
});
