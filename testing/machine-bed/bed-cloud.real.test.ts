import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DescribeInstancesCommand,
  type Instance,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { settleInRealTime } from '../conformance/settle.ts';
import { noCloud, openCloudWorld } from '../local-cloud/cloud-clients.ts';
import { cloudOnBed, kindsOfBedImages } from './bed-cloud.ts';
import { startBind } from './bind.ts';
import { byHand } from './by-hand.ts';
import { noBed } from './no-bed.ts';
import { openMachineBed } from './open-machine-bed.ts';
import { plainMachine } from './plain-machine.ts';

test('a plain instance becomes a machine with services, known by its host key, and a record is answered', {
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

  await using plain = await plainMachine(cloud, hand);
  await plain.untilServices();
  const ids = [plain.instance];
  const untilIt = async (state: string): Promise<Instance> => {
    const look = async (): Promise<Instance> => {
      const { Reservations: found = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
      return found[0]?.Instances?.[0] ?? {};
    };
    await settleInRealTime(60_000)(async () => (await look()).State?.Name === state);
    return look();
  };
  const { PublicIpAddress: first = '' } = await untilIt('running');
  assert.match(await hand.ssh(first, 'cloud-init status --wait; cloud-id; hostname'), /done\naws\nip-10-213-/);
  assert.equal(await hand.ssh(first, 'sudo docker ps --format {{.Names}}; findmnt -n -o FSTYPE /mem'), 'redis\ntmpfs');
  const memory = await hand.ssh(first, 'sudo docker exec redis redis-cli config get maxmemory');
  assert.equal(memory, `maxmemory\n${32 * 1024 * 1024}`, 'its long configuration came whole');
  const ended = await hand.ssh(first, 'sudo cat /run/shining-wizard/shop-7_machine.3f9a2c1d_1.state');
  assert.equal(ended, 'done 0', 'its user-data, which told the keys, brought the service too');
  await hand.ssh(first, 'sudo touch /srv/kept');

  const otherKey = 'sudo rm $key $key.pub && sudo ssh-keygen -q -t ed25519 -N "" -f $key && sudo systemctl restart ssh';
  await hand.ssh(first, `key=/etc/ssh/ssh_host_ed25519_key; ${otherKey}`);
  assert.equal(await plain.refusedAs(), 'ssh/host-key-changed');

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
