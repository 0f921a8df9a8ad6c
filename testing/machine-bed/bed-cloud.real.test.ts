import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DescribeInstancesCommand,
  type Instance,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { settleInRealTime } from '../conformance/settle.ts';
import { noCloud, openCloudWorld } from '../local-cloud/cloud-clients.ts';
import { bedImages, cloudOnBed, kindsOfBedImages } from './bed-cloud.ts';
import { startBind } from './bind.ts';
import { byHand } from './by-hand.ts';
import { noBed } from './no-bed.ts';
import { openMachineBed } from './open-machine-bed.ts';

test('an instance that AWS’s client launches is a real machine, and a record it writes is answered', {
  skip: noBed || noCloud,
  timeout: 600_000,
}, async (context) => {
  const bed = await openMachineBed({ kinds: kindsOfBedImages });
  context.after(() => bed.close());
  const hand = await byHand(bed);
  context.after(hand.close);
  const bind = await startBind();
  context.after(bind.close);
  await using world = await openCloudWorld(cloudOnBed(bed, { publicKey: hand.publicKey, bind }));
  const { ec2, route53, cloud } = world;

  const script =
    '#!/bin/sh\nmkdir /mem && echo "tmpfs /mem tmpfs size=9m 0 0" >>/etc/fstab && mount /mem && touch /srv/kept\n';
  const { Instances: launched = [] } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: bedImages.plain, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1, KeyName: 'preview' },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      UserData: Buffer.from(script).toString('base64'),
    }),
  );
  const ids = launched.map(({ InstanceId: id = '' }) => id);
  const untilIt = async (state: string): Promise<Instance> => {
    const look = async (): Promise<Instance> => {
      const { Reservations: found = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
      return found[0]?.Instances?.[0] ?? {};
    };
    await settleInRealTime(60_000)(async () => (await look()).State?.Name === state);
    return look();
  };
  const { PublicIpAddress: first = '' } = await untilIt('running');
  await hand.reach(first);
  assert.match(await hand.ssh(first, 'cloud-init status --wait; cloud-id; hostname'), /done\naws\nip-10-213-/);

  await ec2.send(new StopInstancesCommand({ InstanceIds: ids }));
  await untilIt('stopped');
  await ec2.send(new StartInstancesCommand({ InstanceIds: ids }));
  const { PublicIpAddress: second = '' } = await untilIt('running');
  assert.notEqual(second, first);
  await hand.reach(second);
  assert.equal(await hand.ssh(second, 'ls /srv/kept; findmnt -n -o FSTYPE /mem'), '/srv/kept\ntmpfs');

  const [zone] = cloud.zones.keys();
  const record = { Name: `api-7.${bind.zone}`, Type: 'A', TTL: 60, ResourceRecords: [{ Value: second }] } as const;
  const change = (Action: 'UPSERT' | 'DELETE'): Promise<unknown> =>
    route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: zone,
        ChangeBatch: {
          Changes: [{ Action, ResourceRecordSet: { ...record, ResourceRecords: [...record.ResourceRecords] } }],
        },
      }),
    );
  await change('UPSERT');
  await settleInRealTime(10_000)(async () => (await bind.dig(record.Name, 'A')).includes(second));
  await change('DELETE');
  await settleInRealTime(10_000)(async () => (await bind.dig(record.Name, 'A')).length === 0);

  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  await untilIt('terminated');
  await assert.rejects(hand.ssh(second, 'true'));
  assert.deepEqual(await bed.close(), []);
});
