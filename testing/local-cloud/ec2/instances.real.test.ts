import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CreateTagsCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  GetConsoleOutputCommand,
  paginateDescribeInstances,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { manualClock } from '../../manual-clock.ts';
import { noCloud, openCloudWorld, refusal } from '../cloud-clients.ts';
import { memoryMachines } from '../cloud-machines.ts';
import { look, reaches, run } from './launch-world.ts';

describe('instances on EC2 of the local cloud', { skip: noCloud }, () => {
  test('stopping keeps the disk and gives the public address back; starting gives another', async () => {
    await using world = await openCloudWorld();
    const { InstanceId: id } = await run(world.ec2);
    const before = await reaches(world.ec2, id, 'running');
    const { StoppingInstances = [] } = await world.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    assert.deepEqual(
      [StoppingInstances[0]?.PreviousState?.Name, StoppingInstances[0]?.CurrentState?.Name],
      ['running', 'stopping'],
    );
    const stopped = await reaches(world.ec2, id, 'stopped');
    assert.equal(stopped.PublicIpAddress, undefined);
    assert.equal(stopped.BlockDeviceMappings?.length, 1);
    await world.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await world.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    const after = await reaches(world.ec2, id, 'running');
    assert.equal(after.PrivateIpAddress, before.PrivateIpAddress);
    assert.notEqual(after.PublicIpAddress, before.PublicIpAddress);
  });

  test('a terminated instance stays listed for an hour, cannot be started, and its volumes are gone', async () => {
    const clock = manualClock(Date.now());
    await using world = await openCloudWorld({ clock });
    const { InstanceId: id } = await run(world.ec2);
    await reaches(world.ec2, id, 'running');
    const volumes = () =>
      world.ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: 'tag:owner', Values: ['us*'] }] }));
    assert.equal((await volumes()).Volumes?.[0]?.Size, 20);
    await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await reaches(world.ec2, id, 'terminated');
    await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    assert.deepEqual((await volumes()).Volumes, []);
    assert.equal(
      await refusal(world.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))),
      'IncorrectInstanceState 400',
    );
    await clock.advance(3_599_000);
    assert.equal((await look(world.ec2, id)).State?.Name, 'terminated');
    await clock.advance(2_000);
    assert.equal(await refusal(look(world.ec2, id)), 'InvalidInstanceID.NotFound 400');
  });

  test('terminating is all or nothing, and says which id it does not know', async () => {
    await using world = await openCloudWorld();
    const { InstanceId: id } = await run(world.ec2);
    const end = (...ids: string[]) => refusal(world.ec2.send(new TerminateInstancesCommand({ InstanceIds: ids })));
    assert.equal(await end(id, 'i-0fffffffffffffff1'), 'InvalidInstanceID.NotFound 400');
    assert.equal(await end('nope'), 'InvalidInstanceID.Malformed 400');
    assert.equal(world.cloud.alive.length, 1);
    const held = await run(world.ec2, { ClientToken: 'held', DisableApiTermination: true });
    assert.equal(await end(held.InstanceId), 'OperationNotPermitted 400');
  });

  test('an instance that shuts itself down is stopped, or ends if it was launched so', async () => {
    const machines = memoryMachines();
    await using world = await openCloudWorld({ machines });
    const stays = await run(world.ec2);
    const ends = await run(world.ec2, { ClientToken: 'two', InstanceInitiatedShutdownBehavior: 'terminate' });
    for (const { InstanceId: id } of [stays, ends]) {
      await reaches(world.ec2, id, 'running');
      machines.end(id);
    }
    await reaches(world.ec2, stays.InstanceId, 'stopped');
    const dead = await reaches(world.ec2, ends.InstanceId, 'terminated');
    assert.equal(dead.StateReason?.Code, 'Client.InstanceInitiatedShutdown');
  });

  test('a spot instance says so, cannot be stopped, and is reclaimed', async () => {
    await using world = await openCloudWorld();
    const { InstanceId: id } = await run(world.ec2, { InstanceMarketOptions: { MarketType: 'spot' } });
    assert.equal((await reaches(world.ec2, id, 'running')).InstanceLifecycle, 'spot');
    assert.equal(
      await refusal(world.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))),
      'UnsupportedOperation 400',
    );
    world.cloud.reclaim(id);
    const dead = await reaches(world.ec2, id, 'terminated');
    assert.equal(dead.StateReason?.Code, 'Server.SpotInstanceTermination');
  });

  test('listings are filtered after they are cut into pages: a page may be empty and not the last', async () => {
    await using world = await openCloudWorld();
    for (let n = 1; n <= 11; n += 1) {
      const Tags = [{ Key: 'shop', Value: n > 9 ? 'late' : 'early' }];
      await run(world.ec2, { ClientToken: `${n}`, TagSpecifications: [{ ResourceType: 'instance', Tags }] });
    }
    const Filters = [{ Name: 'tag:shop', Values: ['l?te'] }];
    const first = await world.ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: 5 }));
    assert.deepEqual(first.Reservations, []);
    assert.ok(first.NextToken);
    const pages = await Array.fromAsync(paginateDescribeInstances({ client: world.ec2, pageSize: 5 }, { Filters }));
    assert.deepEqual(
      pages.map(({ Reservations }) => Reservations?.length),
      [0, 1, 1],
    );
    const ask = (over: object) => refusal(world.ec2.send(new DescribeInstancesCommand(over)));
    assert.equal(await ask({ MaxResults: 4 }), 'InvalidParameterValue 400');
    assert.equal(
      await ask({ MaxResults: 5, InstanceIds: [world.cloud.instances[0]?.id] }),
      'InvalidParameterCombination 400',
    );
    assert.equal(await ask({ NextToken: 'made up' }), 'InvalidParameterValue 400');
    assert.equal(await ask({ Filters: [{ Name: 'colour', Values: ['red'] }] }), 'InvalidParameterValue 400');
  });

  test('filters of a listing are all kept, and of one any value', async () => {
    await using world = await openCloudWorld();
    const one = await run(world.ec2);
    const two = await run(world.ec2, { ClientToken: 'shop-8-1' });
    await reaches(world.ec2, one.InstanceId, 'running');
    await reaches(world.ec2, two.InstanceId, 'running');
    const ids = async (...Filters: { Name: string; Values: string[] }[]): Promise<unknown[]> => {
      const { Reservations = [] } = await world.ec2.send(new DescribeInstancesCommand({ Filters }));
      return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
    };
    assert.deepEqual(await ids({ Name: 'client-token', Values: ['shop-8-1', 'shop-9-1'] }), [two.InstanceId]);
    assert.deepEqual(
      await ids({ Name: 'client-token', Values: ['shop-?-1'] }, { Name: 'instance-state-name', Values: ['running'] }),
      [one.InstanceId, two.InstanceId],
    );
    assert.deepEqual(
      await ids({ Name: 'tag-key', Values: ['owner'] }, { Name: 'instance-state-name', Values: ['stopped'] }),
      [],
    );
  });

  test('tags are added to instances and volumes, and listed', async () => {
    await using world = await openCloudWorld();
    const { InstanceId: id } = await run(world.ec2);
    const volume = world.cloud.volumes[0]?.id ?? '';
    await world.ec2.send(new CreateTagsCommand({ Resources: [id, volume], Tags: [{ Key: 'a', Value: '1' }] }));
    const { Tags = [] } = await world.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'key', Values: ['a'] }] }));
    assert.deepEqual(
      Tags.map(({ ResourceId, ResourceType }) => [ResourceId, ResourceType]),
      [
        [id, 'instance'],
        [volume, 'volume'],
      ],
    );
    const tag = (resource: string) =>
      refusal(world.ec2.send(new CreateTagsCommand({ Resources: [resource], Tags: [{ Key: 'a' }] })));
    assert.equal(await tag('i-0fffffffffffffff1'), 'InvalidInstanceID.NotFound 400');
    assert.equal(await tag('vol-0fffffffffffffff1'), 'InvalidVolume.NotFound 400');
    assert.equal(await tag('thing'), 'InvalidID 400');
  });

  test('status covers running instances unless all are asked for, and the console says what the machine printed', async () => {
    const machines = memoryMachines();
    await using world = await openCloudWorld({ machines });
    machines.hold();
    const { InstanceId: id } = await run(world.ec2);
    const status = async (all: boolean): Promise<unknown> => {
      const { InstanceStatuses = [] } = await world.ec2.send(
        new DescribeInstanceStatusCommand({ IncludeAllInstances: all }),
      );
      return InstanceStatuses.map(({ InstanceState, InstanceStatus }) => [InstanceState?.Name, InstanceStatus?.Status]);
    };
    assert.deepEqual(await status(false), []);
    assert.deepEqual(await status(true), [['pending', 'not-applicable']]);
    const printed = async (): Promise<string | undefined> =>
      (await world.ec2.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }))).Output;
    machines.print(id, '256 SHA256:abc host (ED25519)');
    assert.equal(await printed(), undefined, 'nothing before it runs');
    machines.boot();
    await reaches(world.ec2, id, 'running');
    assert.deepEqual(await status(false), [['running', 'ok']]);
    assert.equal(Buffer.from((await printed()) ?? '', 'base64').toString(), '256 SHA256:abc host (ED25519)');
  });

  test('what stands in the account can be looked up, and what does not is said by its code', async () => {
    await using world = await openCloudWorld();
    const { ec2 } = world;
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupNames: ['preview'] }));
    const { KeyPairs = [] } = await ec2.send(
      new DescribeKeyPairsCommand({ KeyNames: ['preview'], IncludePublicKey: true }),
    );
    const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    assert.deepEqual(
      [
        Images.length,
        Subnets.length,
        SecurityGroups.length,
        KeyPairs[0]?.KeyType,
        AvailabilityZones.map(({ ZoneName }) => ZoneName),
      ],
      [1, 2, 1, 'ed25519', ['us-east-1a', 'us-east-1b']],
    );
    const refused = [
      await refusal(ec2.send(new DescribeImagesCommand({ ImageIds: ['ami-0fffffffffffffff1'] }))),
      await refusal(ec2.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-0fffffffffffffff1'] }))),
      await refusal(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ['sg-0fffffffffffffff1'] }))),
      await refusal(ec2.send(new DescribeKeyPairsCommand({ KeyNames: ['nobody'] }))),
      await refusal(ec2.send(new DescribeVolumesCommand({ VolumeIds: ['vol-0fffffffffffffff1'] }))),
      await refusal(ec2.send(new DescribeImagesCommand({ DryRun: true }))),
    ];
    assert.deepEqual(refused, [
      'InvalidAMIID.NotFound 400',
      'InvalidSubnetID.NotFound 400',
      'InvalidGroup.NotFound 400',
      'InvalidKeyPair.NotFound 400',
      'InvalidVolume.NotFound 400',
      'DryRunOperation 412',
    ]);
  });
});
