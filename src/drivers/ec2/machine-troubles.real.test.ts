import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import { manualClock } from '../../../testing/manual-clock.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { aMachine, type Ec2World, launchesOf, withEc2 } from './ec2-test-world.ts';

const claim = aClaim();
const create = ({ driver }: Ec2World, over: JsonObject = {}) => driver.create(claim, aMachine(over), aCall());
const observe = ({ driver }: Ec2World, over: JsonObject = {}) => driver.observe(claim, aMachine(over), aCall());
const destroy = ({ driver }: Ec2World) => driver.destroy(claim, aCall());
const update = ({ driver }: Ec2World, over: JsonObject) => driver.update?.(claim, aMachine(over), aCall());

async function until(world: Ec2World, is: Observation['is']): Promise<Observation> {
  let seen: Observation = { is: 'absent' };
  await world.settle(async () => {
    seen = await observe(world);
    return seen.is === is;
  });
  return seen;
}
const driftOf = (seen: Observation) => (seen.is === 'ready' ? seen.drift : assert.fail(seen.is));

/** What only the local cloud can be told to do: machines that hang, fail and end, no capacity, listings that lag. */
describe('machines at EC2 in trouble', { skip: noCloud }, () => {
  test('it is told to the loop as arriving until it runs', () =>
    withEc2({}, async (world) => {
      world.machines.hold();
      await create(world);
      const seen = await observe(world);
      assert.match(seen.is === 'arriving' ? seen.note : seen.is, /^EC2 is starting i-\w+ \(m5\.large\)$/);
      world.machines.boot();
      await until(world, 'ready');
    }));

  test('one that is just being stopped is not taken for one that takes too long, and is started when it can be', () =>
    withEc2({ account: { settleMs: 60 } }, async (world) => {
      await create(world);
      await until(world, 'ready');
      await update(world, { power: 'off' });
      assert.deepEqual(driftOf(await observe(world)), [{ field: 'power', want: 'on', have: 'stopping' }]);
      await assert.rejects(async () => update(world, {}), { code: 'ec2/wrong-state', remedy: 'try-again' });
    }));

  test('one that could not start is broken with AWS’s reason, and gone when it was destroyed', () =>
    withEc2({}, async (world) => {
      world.machines.failNext('the host is on fire');
      await create(world);
      const seen = await until(world, 'broken');
      assert.match(seen.is === 'broken' ? (seen.lastLines ?? []).join() : '', /the host is on fire/);
      await destroy(world);
      assert.deepEqual(await observe(world), { is: 'absent' });
    }));

  test('one that shut itself down is broken, and a spot machine that AWS took back is only gone', () =>
    withEc2({}, async (world) => {
      await create(world);
      await until(world, 'ready');
      world.machines.end(world.alive(claim)[0]?.id ?? '');
      const seen = await until(world, 'broken');
      assert.match(seen.is === 'broken' ? seen.note : '', /shut down from within/);
      assert.equal(seen.is === 'broken' && seen.code, 'ec2/shut-down');
      await destroy(world);
      const next = aClaim({ generation: 2 });
      await world.driver.create(next, aMachine({ spot: true }), aCall());
      world.cloud.reclaim(world.alive(next)[0]?.id ?? '');
      await world.settle(async () => (await world.driver.observe(next, aMachine(), aCall())).is === 'absent');
    }));

  test('the next type is taken on a capacity refusal or a quota, in order, with a token of its own', () =>
    withEc2({}, async (world) => {
      const types = ['m5.large', 'm4.large', 'c5.large'];
      world.cloud.faults.next('RunInstances', { kind: 'refused', code: 'InsufficientInstanceCapacity' });
      world.cloud.faults.next('RunInstances', { kind: 'refused', code: 'VcpuLimitExceeded' });
      await create(world, { types });
      const launches = launchesOf(world.cloud);
      assert.deepEqual(
        launches.map(({ InstanceType }) => InstanceType),
        types,
      );
      assert.equal(new Set(launches.map(({ ClientToken }) => ClientToken)).size, 3);
      assert.ok(launches.every(({ ClientToken = '' }) => ClientToken.length <= 64));
      assert.equal(world.alive(claim).length, 1);
    }));

  test('when no type is to be had it says so, waits, and begins again with the first', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.next('RunInstances', { kind: 'refused', code: 'InsufficientInstanceCapacity' }, 2);
      await assert.rejects(create(world), {
        code: 'ec2/no-capacity',
        remedy: 'try-again',
        afterMs: 60_000,
        message: 'starting shop-7_web.3f9a2c1d_1: none of m5.large, m4.large is to be had',
      });
      await create(world);
      assert.deepEqual(
        world.alive(claim).map(({ request }) => request.InstanceType),
        ['m5.large'],
      );
    }));

  test('a quota for all types is the operator’s to mend', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.next('RunInstances', { kind: 'refused', code: 'VcpuLimitExceeded' }, 2);
      await assert.rejects(create(world), { code: 'ec2/quota', remedy: 'fix-setup' });
    }));
});

describe('listings of EC2 that lag', { skip: noCloud }, () => {
  const hidden = 60 * 60_000;

  test('one that was just made is arriving, and can be taken down', () =>
    withEc2({}, async (world) => {
      world.cloud.staleness.hideNewMs = hidden;
      await create(world);
      assert.equal((await observe(world)).is, 'arriving');
      await assert.rejects(destroy(world), { code: 'ec2/not-listed', remedy: 'try-again' });
      world.cloud.staleness.hideNewMs = 0;
      await destroy(world);
      assert.equal(world.alive(claim).length, 0);
    }));

  test('one that was there and is not listed is not taken for gone until five minutes have passed', async () => {
    const clock = manualClock();
    await withEc2({ driverClock: clock }, async (world) => {
      await create(world);
      await until(world, 'ready');
      world.cloud.staleness.hideNewMs = hidden;
      await assert.rejects(observe(world), { code: 'ec2/not-listed', remedy: 'try-again' });
      await clock.advance(5 * 60_000 + 1);
      assert.deepEqual(await observe(world), { is: 'absent' });
    });
  });

  test('one that was ended is leaving although it is shown as running, and is ended again after two minutes', async () => {
    const clock = manualClock();
    await withEc2({ clock, driverClock: clock }, async (world) => {
      await create(world);
      await until(world, 'ready');
      await clock.advance(10 * 60_000);
      await destroy(world);
      world.cloud.staleness.showOldMs = 4 * 60_000;
      assert.equal((await observe(world)).is, 'leaving');
      assert.deepEqual(await Array.fromAsync(world.driver.owned(aCall())), []);
      await clock.advance(3 * 60_000);
      assert.equal((await observe(world, { address: 'private' })).is, 'ready');
      await destroy(world);
      assert.equal((await observe(world)).is, 'leaving');
      await clock.advance(60_000);
      assert.deepEqual(await observe(world), { is: 'absent' });
    });
  });
});
