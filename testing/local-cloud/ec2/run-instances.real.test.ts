import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RunInstancesCommandInput, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { noCloud, openCloudWorld, refusal } from '../cloud-clients.ts';
import { memoryMachines } from '../cloud-machines.ts';
import { base64, look, reaches, run } from './launch-world.ts';

describe('launching on EC2 of the local cloud', { skip: noCloud }, () => {
  test('starts a machine with what was asked for, and says running only when it is up', async () => {
    const machines = memoryMachines();
    await using world = await openCloudWorld({ machines });
    machines.hold();
    const started = await run(world.ec2);
    assert.equal(started.State?.Name, 'pending');
    assert.equal((await look(world.ec2, started.InstanceId)).State?.Name, 'pending');
    machines.boot();
    const running = await reaches(world.ec2, started.InstanceId, 'running');
    const machine = machines.machines.get(started.InstanceId);
    assert.ok(machine);
    assert.equal(Buffer.from(machine.userData).toString(), '#!/bin/sh\necho hello\n');
    assert.deepEqual(machine.tags, { owner: 'us & <them>' });
    assert.equal(machine.tokensRequired, true);
    assert.match(machine.publicKey ?? '', /^ssh-ed25519 /);
    assert.equal(running.PrivateIpAddress, machine.privateIp);
    assert.equal(running.PublicIpAddress, machine.publicIp);
    assert.deepEqual(running.Tags, [{ Key: 'owner', Value: 'us & <them>' }]);
    assert.equal(running.MetadataOptions?.HttpTokens, 'required');
    assert.ok(running.LaunchTime instanceof Date);
  });

  test('a machine that does not come up ends its instance, with the reason', async () => {
    const machines = memoryMachines();
    machines.failNext('no such disk');
    await using world = await openCloudWorld({ machines });
    const { InstanceId: id } = await run(world.ec2);
    const dead = await reaches(world.ec2, id, 'terminated');
    assert.equal(dead.StateReason?.Code, 'Server.InternalError');
    assert.match(dead.StateReason?.Message ?? '', /no such disk/);
    assert.equal(machines.machines.size, 0);
  });

  test('the same client token gives the same instance, and other parameters are a mismatch', async () => {
    await using world = await openCloudWorld();
    const one = await run(world.ec2);
    const again = await run(world.ec2);
    assert.equal(again.InstanceId, one.InstanceId);
    assert.equal(await refusal(run(world.ec2, { InstanceType: 't3.small' })), 'IdempotentParameterMismatch 400');
    const other = await run(world.ec2, { ClientToken: 'shop-7-2' });
    assert.notEqual(other.InstanceId, one.InstanceId);
    const elsewhere = await run(world.ec2, { Placement: { AvailabilityZone: 'us-east-1a' } });
    assert.notEqual(elsewhere.InstanceId, one.InstanceId, 'a token holds for its zone only, when the call names one');
    assert.equal(world.cloud.instances.length, 3);
  });

  test('the token of a dead instance answers the dead instance, or is refused', async () => {
    await using world = await openCloudWorld();
    const { InstanceId: id } = await run(world.ec2);
    await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await reaches(world.ec2, id, 'terminated');
    const again = await run(world.ec2);
    assert.deepEqual([again.InstanceId, again.State?.Name], [id, 'terminated']);
    world.cloud.deadTokens('refused');
    assert.equal(await refusal(run(world.ec2)), 'IdempotentInstanceTerminated 400');
  });

  test('a launch that AWS refuses is refused with its code, and starts nothing', async () => {
    await using world = await openCloudWorld();
    const cases: readonly [string, Partial<RunInstancesCommandInput>][] = [
      ['InvalidAMIID.Malformed 400', { ImageId: 'debian' }],
      ['InvalidAMIID.NotFound 400', { ImageId: 'ami-0123456789abcdeff' }],
      ['MissingParameter 400', { ImageId: undefined }],
      ['InvalidParameterValue 400', { InstanceType: 'm4.huge' as 't3.large' }],
      ['MissingParameter 400', { MaxCount: undefined }],
      ['InvalidParameterValue 400', { MinCount: 0 }],
      ['InvalidParameterValue 400', { MinCount: 2 }],
      ['InvalidParameterValue 400', { UserData: '#!/bin/sh' }],
      ['InvalidParameterValue 400', { UserData: base64('x'.repeat(16_385)) }],
      ['InvalidParameterValue 400', { ClientToken: 'x'.repeat(65) }],
      ['InvalidKeyPair.NotFound 400', { KeyName: 'nobody' }],
      ['InvalidSubnetID.NotFound 400', { SubnetId: 'subnet-0fffffffffffffff1' }],
      ['InvalidGroup.NotFound 400', { SecurityGroupIds: ['sg-0fffffffffffffff1'] }],
      ['InvalidParameterValue 400', { IamInstanceProfile: { Name: 'nobody' } }],
      ['InvalidParameterValue 400', { MetadataOptions: { HttpPutResponseHopLimit: 65 } }],
      ['InvalidParameterValue 400', { MetadataOptions: { HttpTokens: 'always' as 'required' } }],
      ['InvalidParameterValue 400', { Placement: { AvailabilityZone: 'mars-1a' } }],
      ['InvalidBlockDeviceMapping 400', { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 1 } }] }],
      [
        'InvalidParameterValue 400',
        { TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'a', Value: 'b' }] }] },
      ],
      [
        'InvalidParameterValue 400',
        { TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'aws:a', Value: 'b' }] }] },
      ],
      [
        'InvalidParameterValue 400',
        { TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'x'.repeat(129), Value: '' }] }] },
      ],
      [
        'InvalidParameterCombination 400',
        {
          SubnetId: 'subnet-0aaaaaaaaaaaaaaa1',
          NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: 'subnet-0aaaaaaaaaaaaaaa1' }],
        },
      ],
      ['DryRunOperation 412', { DryRun: true }],
    ];
    for (const [expected, over] of cases) {
      assert.equal(await refusal(run(world.ec2, over)), expected, JSON.stringify(over));
    }
    assert.deepEqual(world.cloud.instances, []);
    assert.deepEqual(world.cloud.volumes, []);
  });

  test('a disk named as another image has its own is a second disk', async () => {
    const images = [{ id: 'ami-0123456789abcdef0', name: 'ubuntu', rootDevice: '/dev/sda1', rootGb: 10 }];
    await using world = await openCloudWorld({ account: { images } });
    await run(world.ec2);
    assert.deepEqual(
      world.cloud.volumes.map(({ device, sizeGb }) => [device, sizeGb]),
      [
        ['/dev/sda1', 10],
        ['/dev/xvda', 20],
      ],
    );
  });

  test('user data of exactly 16 KB is taken', async () => {
    await using world = await openCloudWorld();
    await run(world.ec2, { UserData: base64('x'.repeat(16_384)) });
    assert.equal(world.cloud.instances.length, 1);
  });
});
