import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandOutput,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ChangeResourceRecordSetsCommand, ListHostedZonesCommand } from '@aws-sdk/client-route-53';
import { manualClock } from '../manual-clock.ts';
import { seededRandom } from '../seeded-random.ts';
import { type CloudWorld, noCloud, openCloudWorld, refusal } from './cloud-clients.ts';

function launch(
  { ec2 }: CloudWorld,
  ClientToken: string,
  InstanceType: 't3.large' | 't3.small' = 't3.large',
): Promise<RunInstancesCommandOutput> {
  const command = { ImageId: 'ami-0123456789abcdef0', InstanceType, MinCount: 1, MaxCount: 1, ClientToken };
  return ec2.send(new RunInstancesCommand(command));
}

async function listed({ ec2 }: CloudWorld): Promise<string[]> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name ?? ''));
}

describe('faults of the local cloud', { skip: noCloud }, () => {
  test('a lost answer leaves its effect or none, as planned, and the same token finds it', async () => {
    await using world = await openCloudWorld();
    const { cloud } = world;
    cloud.faults.next('RunInstances', { kind: 'lost', effect: false });
    assert.match(await refusal(launch(world, 'one')), / -$/);
    assert.equal(cloud.instances.length, 0);
    cloud.faults.next('RunInstances', { kind: 'lost', effect: true });
    assert.match(await refusal(launch(world, 'one')), / -$/);
    assert.equal(cloud.instances.length, 1);
    const { Instances = [] } = await launch(world, 'one');
    assert.deepEqual([Instances[0]?.InstanceId, cloud.instances.length], [cloud.instances[0]?.id, 1]);
    assert.deepEqual(
      cloud.requests.map(({ operation, outcome }) => [operation, outcome]),
      [
        ['RunInstances', 'lost'],
        ['RunInstances', 'lost'],
        ['RunInstances', 'ok'],
      ],
    );
  });

  test('a late call takes effect when it is let, or after its time', async () => {
    const clock = manualClock(Date.now());
    await using world = await openCloudWorld({ clock });
    const { faults, instances } = world.cloud;
    faults.next('RunInstances', { kind: 'late' });
    await refusal(launch(world, 'one'));
    assert.deepEqual([instances.length, faults.late], [0, 1]);
    await faults.land();
    assert.deepEqual([instances.length, faults.late], [1, 0]);
    faults.next('RunInstances', { kind: 'late', afterMs: 60_000 });
    await refusal(launch(world, 'two'));
    await clock.advance(59_999);
    assert.equal(instances.length, 1);
    await clock.advance(1);
    assert.equal(instances.length, 2);
  });

  test('half of an answer, a bare 500 and a slow one come as planned', async () => {
    const clock = manualClock(Date.now());
    await using world = await openCloudWorld({ clock });
    const { faults, instances } = world.cloud;
    faults.next('RunInstances', { kind: 'half' });
    assert.notEqual(await refusal(launch(world, 'one')), 'not refused');
    assert.equal(instances.length, 1, 'half of the answer, the whole effect');
    faults.next('RunInstances', { kind: 'broken', status: 500, effect: false });
    assert.match(await refusal(launch(world, 'two')), / 500$/);
    faults.next('RunInstances', { kind: 'broken', status: 503, effect: true });
    assert.match(await refusal(launch(world, 'three')), / 503$/);
    assert.equal(instances.length, 2);
    faults.next('RunInstances', { kind: 'slow', ms: 5_000 });
    let answered = false;
    const slow = launch(world, 'four').then(() => {
      answered = true;
    });
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false);
    await clock.advance(5_000);
    await slow;
  });

  test('throttling and dead tokens come in the words of each service', async () => {
    await using world = await openCloudWorld();
    const { faults } = world.cloud;
    const zones = () => world.route53.send(new ListHostedZonesCommand({}));
    for (const kind of ['throttled', 'dead-token'] as const) {
      faults.next('DescribeInstances', { kind });
      faults.next('ListHostedZones', { kind });
    }
    assert.equal(await refusal(listed(world)), 'RequestLimitExceeded 503');
    assert.equal(await refusal(listed(world)), 'RequestExpired 400');
    assert.equal(await refusal(zones()), 'Throttling 400');
    assert.equal(await refusal(zones()), 'ExpiredToken 403');
    assert.equal(faults.unmet, 0);
  });

  test('capacity may be missing for one type only, for as long as it is said', async () => {
    await using world = await openCloudWorld();
    const end = world.cloud.faults.always(
      'RunInstances',
      { kind: 'refused', code: 'InsufficientInstanceCapacity' },
      ({ input }) => input['InstanceType'] === 't3.large',
    );
    assert.equal(await refusal(launch(world, 'one')), 'InsufficientInstanceCapacity 500');
    assert.equal(await refusal(launch(world, 'one')), 'InsufficientInstanceCapacity 500');
    await launch(world, 'two', 't3.small');
    end();
    await launch(world, 'one');
    world.cloud.faults.next('RunInstances', { kind: 'refused', code: 'VcpuLimitExceeded' });
    assert.equal(await refusal(launch(world, 'three')), 'VcpuLimitExceeded 400');
  });

  test('a record change is refused while another is under way, when a test says so', async () => {
    await using world = await openCloudWorld();
    world.cloud.faults.next('ChangeResourceRecordSets', { kind: 'refused', code: 'PriorRequestNotComplete' });
    const HostedZoneId = [...world.cloud.zones.keys()][0];
    const ResourceRecordSet = {
      Name: 'a.preview.test',
      Type: 'A' as const,
      TTL: 5,
      ResourceRecords: [{ Value: '10.0.0.1' }],
    };
    const ChangeBatch = { Changes: [{ Action: 'UPSERT' as const, ResourceRecordSet }] };
    const command = new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch });
    assert.equal(await refusal(world.route53.send(command)), 'PriorRequestNotComplete 400');
  });

  test('listings lag behind: a new instance is not there yet, a dead one still runs', async () => {
    const clock = manualClock(Date.now());
    await using world = await openCloudWorld({ clock });
    const { staleness } = world.cloud;
    staleness.hideNewMs = 10_000;
    const { Instances = [] } = await launch(world, 'one');
    const id = Instances[0]?.InstanceId ?? '';
    assert.deepEqual(await listed(world), []);
    const stop = () => refusal(world.ec2.send(new StopInstancesCommand({ InstanceIds: [id] })));
    assert.equal(await stop(), 'InvalidInstanceID.NotFound 400');
    const again = await launch(world, 'one');
    assert.equal(again.Instances?.[0]?.InstanceId, id, 'a token is not stale');
    await clock.advance(10_000);
    assert.deepEqual(await listed(world), ['running']);
    staleness.showOldMs = 30_000;
    await clock.advance(30_000);
    await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await clock.advance(29_000);
    assert.deepEqual(await listed(world), ['running']);
    await clock.advance(1_001);
    assert.deepEqual(await listed(world), ['terminated']);
  });

  test('faults by chance are the same for the same seed', async () => {
    const story = async (seed: number): Promise<string[]> => {
      await using world = await openCloudWorld();
      const random = seededRandom(seed);
      world.cloud.faults.choose(() => (random.chance(0.5) ? { kind: 'throttled' } : undefined));
      for (let n = 0; n < 12; n += 1) await refusal(listed(world));
      return world.cloud.requests.map(({ outcome }) => outcome);
    };
    const first = await story(7);
    assert.deepEqual(await story(7), first);
    assert.notDeepEqual(await story(8), first);
  });

  test('more calls than the limit are throttled until the bucket is full again', async () => {
    const clock = manualClock(Date.now());
    await using world = await openCloudWorld({ clock, limits: { ec2: { perSecond: 1, burst: 2 } } });
    const outcomes = async (): Promise<string[]> => [
      await refusal(listed(world)),
      await refusal(listed(world)),
      await refusal(listed(world)),
    ];
    const expected = ['not refused', 'not refused', 'RequestLimitExceeded 503'];
    assert.deepEqual(await outcomes(), expected);
    await clock.advance(2_000);
    assert.deepEqual(await outcomes(), expected);
  });

  test('what the cloud itself does wrong is thrown when it closes', async () => {
    const { cloud, ec2, route53 } = await openCloudWorld({
      account: { images: [{ id: 'ami-0123456789abcdef0', name: 'odd', state: 'eternal' as 'available' }] },
    });
    assert.equal(await refusal(ec2.send(new DescribeImagesCommand({}))), 'InternalError 500');
    ec2.destroy();
    route53.destroy();
    await assert.rejects(cloud.close(), /State cannot be eternal/);
  });
});

describe('who may call the local cloud', { skip: noCloud }, () => {
  const asking = async (world: CloudWorld, credentials: object, region = 'us-east-1'): Promise<string> => {
    const given = { ...world.cloud.credentials, ...credentials };
    const client = new EC2Client({ endpoint: world.cloud.endpoints.ec2, region, credentials: given, maxAttempts: 1 });
    try {
      return await refusal(client.send(new DescribeInstancesCommand({})));
    } finally {
      client.destroy();
    }
  };

  test('a wrong secret, an unknown key, a missing token and another region are refused', async () => {
    await using world = await openCloudWorld();
    assert.equal(await asking(world, {}), 'not refused');
    assert.equal(await asking(world, { secretAccessKey: 'wrong' }), 'AuthFailure 401');
    assert.equal(await asking(world, { accessKeyId: 'AKIANOBODY' }), 'AuthFailure 401');
    assert.equal(await asking(world, { sessionToken: 'made up' }), 'AuthFailure 401');
    assert.equal(await asking(world, {}, 'eu-west-1'), 'AuthFailure 401');
    const bare = await fetch(world.cloud.endpoints.route53);
    assert.deepEqual([bare.status, (await bare.text()).includes('MissingAuthenticationToken')], [403, true]);
  });

  test('Route 53 has other words for it', async () => {
    await using world = await openCloudWorld();
    const zones = () => refusal(world.route53.send(new ListHostedZonesCommand({})));
    world.route53.config.credentials = async () => ({ ...world.cloud.credentials, secretAccessKey: 'wrong' });
    assert.equal(await zones(), 'SignatureDoesNotMatch 403');
    world.route53.config.credentials = async () => ({ ...world.cloud.credentials, accessKeyId: 'AKIANOBODY' });
    assert.equal(await zones(), 'InvalidClientTokenId 403');
  });

  test('a temporary key works until it expires', async () => {
    await using world = await openCloudWorld();
    const key = world.cloud.keys.issue({ temporary: true });
    assert.equal(await asking(world, key), 'not refused');
    world.cloud.keys.expire(key.accessKeyId);
    assert.equal(await asking(world, key), 'RequestExpired 400');
  });
});
