import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import { manualClock } from '../../../testing/manual-clock.ts';
import { aMachine, type Ec2World, withEc2 } from './ec2-test-world.ts';

const claim = aClaim();
const read = ({ driver }: Ec2World, from: number) => driver.readLog?.(claim, from, aCall());
const idOf = (world: Ec2World): string => world.alive(claim)[0]?.id ?? '';

describe('the log of a machine', { skip: noCloud }, () => {
  test('what it writes to its console is read on from where the last piece ended', async () => {
    const clock = manualClock();
    await withEc2({ driverClock: clock }, async (world) => {
      await world.driver.create(claim, aMachine(), aCall());
      world.machines.print(idOf(world), 'Grüße\n');
      assert.deepEqual(await read(world, 0), { text: 'Grüße\n', next: 8 });
      world.machines.print(idOf(world), 'Grüße\nKernel panic\n');
      assert.deepEqual(await read(world, 8), { text: '', next: 8 }, 'EC2 is not asked at every read');
      await clock.advance(10_000);
      assert.deepEqual(await read(world, 8), { text: 'Kernel panic\n', next: 21 });
    });
  });

  test('a machine that is not there, and one that cannot be asked for, have an empty log', () =>
    withEc2({}, async (world) => {
      assert.deepEqual(await read(world, 0), { text: '', next: 0 });
      world.cloud.faults.always('DescribeInstances', { kind: 'throttled' });
      const other = aClaim({ generation: 2 });
      assert.deepEqual(await world.driver.readLog?.(other, 5, aCall()), { text: '', next: 5 });
    }));
});
