import assert from 'node:assert/strict';
import {
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

const aLaunch = (over: Partial<RunInstancesCommandInput> = {}): RunInstancesCommandInput => ({
  ImageId: 'ami-0123456789abcdef0',
  InstanceType: 't3.large',
  MinCount: 1,
  MaxCount: 1,
  ClientToken: 'shop-7-1',
  KeyName: 'preview',
  UserData: base64('#!/bin/sh\necho hello\n'),
  MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
  BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, VolumeType: 'gp3' } }],
  TagSpecifications: [
    { ResourceType: 'instance', Tags: [{ Key: 'owner', Value: 'us & <them>' }] },
    { ResourceType: 'volume', Tags: [{ Key: 'owner', Value: 'us & <them>' }] },
  ],
  ...over,
});

/** Launches one instance; `over` changes what is asked for. */
export async function run(
  ec2: EC2Client,
  over: Partial<RunInstancesCommandInput> = {},
): Promise<Instance & { InstanceId: string }> {
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(aLaunch(over)));
  const [instance] = Instances;
  assert.ok(instance?.InstanceId);
  return { ...instance, InstanceId: instance.InstanceId };
}

export async function look(ec2: EC2Client, id: string): Promise<Instance> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const instance = Reservations[0]?.Instances?.[0];
  assert.ok(instance);
  return instance;
}

/** Looks again and again until the instance is in this state. */
export async function reaches(ec2: EC2Client, id: string, state: string): Promise<Instance> {
  for (let tries = 0; tries < 200; tries += 1) {
    const instance = await look(ec2, id);
    if (instance.State?.Name === state) return instance;
  }
  throw new Error(`${id} never was ${state}`);
}
