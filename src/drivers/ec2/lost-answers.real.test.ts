import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import type { CloudFault } from '../../../testing/local-cloud/cloud-faults.ts';
import { manualClock } from '../../../testing/manual-clock.ts';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { remedyOf, WizardError } from '../../domain/wizard-error.ts';
import { aMachine, type Ec2World, launchesOf, withEc2 } from './ec2-test-world.ts';

const claim = aClaim();
const create = ({ driver }: Pick<Ec2World, 'driver'>, over = {}): Promise<void> =>
  driver.create(claim, aMachine(over), aCall());
const observe = ({ driver }: Pick<Ec2World, 'driver'>) => driver.observe(claim, aMachine(), aCall());
const capacity: CloudFault = { kind: 'refused', code: 'InsufficientInstanceCapacity' };
const lost: CloudFault = { kind: 'lost', effect: true };
const hidden = 60 * 60_000;

describe('EC2, when answers are lost', { skip: noCloud }, () => {
  const cuts: readonly CloudFault[] = [
    lost,
    { kind: 'lost', effect: false },
    { kind: 'half' },
    { kind: 'broken', status: 500, effect: true },
    { kind: 'broken', status: 503, effect: false },
    { kind: 'throttled' },
  ];
  for (const cut of cuts) {
    test(`a launch that ends as ${JSON.stringify(cut)} is asked again as it was, and is one machine`, () =>
      withEc2({}, async (world) => {
        world.cloud.faults.next('RunInstances', cut);
        await assert.rejects(create(world), (error) => remedyOf(error) === 'try-again');
        // Another process, and a listing that shows nothing: only the token tells.
        world.cloud.staleness.hideNewMs = hidden;
        await create({ driver: world.open() });
        assert.equal(world.alive(claim).length, 1);
        const [first, second] = launchesOf(world.cloud);
        assert.deepEqual(first, second);
      }));
  }

  test('a launch that takes effect after it was asked again is the same machine', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.next('RunInstances', { kind: 'late' });
      await assert.rejects(create(world));
      await create({ driver: world.open() });
      await world.cloud.faults.land();
      assert.equal(world.alive(claim).length, 1);
    }));

  test('a launch that takes effect after everything was taken down is listed as ours', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.next('RunInstances', { kind: 'late' });
      await assert.rejects(create(world));
      await world.driver.destroy(claim, aCall());
      assert.deepEqual(await observe(world), { is: 'absent' });
      await world.cloud.faults.land();
      assert.deepEqual(await Array.fromAsync(world.driver.owned(aCall())), [claim]);
      await world.driver.destroy(claim, aCall());
      assert.equal(world.alive(claim).length, 0);
    }));

  test('after a lost answer for the second type it is asked for that one again, though the first is to be had', () =>
    withEc2({}, async (world) => {
      world.cloud.staleness.hideNewMs = hidden;
      world.cloud.faults.next('RunInstances', capacity);
      world.cloud.faults.next('RunInstances', lost);
      await assert.rejects(create(world), (error) => remedyOf(error) === 'try-again');
      await create(world);
      const types = launchesOf(world.cloud).map(({ InstanceType }) => InstanceType);
      assert.deepEqual(types, ['m5.large', 'm4.large', 'm4.large']);
      assert.equal(world.alive(claim).length, 1);
    }));

  test('of two that came by a kill, a stale listing and returned capacity the older one stays', () =>
    withEc2({}, async (world) => {
      world.cloud.staleness.hideNewMs = hidden;
      world.cloud.faults.next('RunInstances', capacity);
      world.cloud.faults.next('RunInstances', lost);
      await assert.rejects(create(world));
      const after = world.open();
      await create({ driver: after });
      assert.equal(world.alive(claim).length, 2);
      world.cloud.staleness.hideNewMs = 0;
      const seen = await observe({ driver: after });
      assert.equal(seen.is === 'ready' && seen.facts['type'], 'm4.large');
      assert.deepEqual(
        world.alive(claim).map(({ request }) => request.InstanceType),
        ['m4.large'],
      );
    }));

  for (const answer of ['answered', 'refused'] as const) {
    test(`the token of a machine that ended long ago (${answer}) asks for the next generation`, async () => {
      const clock = manualClock();
      await withEc2({ clock }, async (world) => {
        await create(world);
        await world.driver.destroy(claim, aCall());
        await assert.rejects(create(world), { code: 'ec2/spent' });
        await clock.advance(2 * 60 * 60_000);
        world.cloud.deadTokens(answer);
        await assert.rejects(create({ driver: world.open() }), { code: 'ec2/spent' });
        assert.equal(world.alive(claim).length, 0);
      });
    });
  }

  test('a token that was used with other parameters is never given up for another one: the machine is taken as it is', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.next('RunInstances', lost);
      await assert.rejects(create(world));
      world.cloud.staleness.hideNewMs = hidden;
      const driver = world.open();
      await assert.rejects(create({ driver }, { diskGb: 30 }), { code: 'ec2/token-mismatch', remedy: 'try-again' });
      world.cloud.staleness.hideNewMs = 0;
      await create({ driver }, { diskGb: 30 });
      assert.equal((await observe({ driver })).is, 'ready');
      assert.equal(world.alive(claim).length, 1);
    }));

  test('a token whose machine stays unlisted for five minutes belongs to one of long ago', async () => {
    const clock = manualClock();
    await withEc2({ driverClock: clock }, async (world) => {
      await create(world);
      world.cloud.staleness.hideNewMs = hidden;
      const driver = world.open();
      await assert.rejects(create({ driver }, { diskGb: 30 }), { code: 'ec2/token-mismatch' });
      await clock.advance(6 * 60_000);
      await assert.rejects(create({ driver }, { diskGb: 30 }), { code: 'ec2/spent' });
    });
  });

  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`whatever gets lost, it ends with one machine, and then with none (seed ${seed})`, () =>
      withEc2({}, async (world) => {
        const luck = seededRandom(seed);
        const faults: readonly CloudFault[] = [...cuts, capacity, { kind: 'late' }];
        const { faults: desk } = world.cloud;
        const worse = (): void => desk.choose(() => (luck.chance(0.4) ? luck.pick(faults) : undefined));
        const live = async (): Promise<boolean> => {
          if (luck.chance(0.3)) await desk.land();
          await tolerant(create(world));
          return (await tolerant(observe(world)))?.is === 'ready';
        };
        worse();
        await repeat(live);
        desk.choose(() => undefined);
        await desk.land();
        assert.equal((await observe(world)).is, 'ready');
        assert.equal(world.alive(claim).length, 1);
        worse();
        await repeat(async () => {
          await tolerant(world.driver.destroy(claim, aCall()));
          return (await tolerant(observe(world)))?.is === 'absent';
        });
        assert.equal(world.alive(claim).length, 0);
      }));
  }
});

async function repeat(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) if (await done()) return;
  assert.fail('not done after 200 tries');
}

/** Refusals are the loop's to repeat; anything that is not one is a defect. */
async function tolerant<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    assert.ok(error instanceof WizardError, String(error));
    assert.equal(error.remedy, 'try-again', error.message);
    return undefined;
  }
}
