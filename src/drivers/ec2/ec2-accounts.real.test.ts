import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { atEachCloud } from '../../../testing/at-each-cloud.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { systemClock } from '../../kit/clock.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import { oursInTests } from './any-ec2-test-world.ts';
import type { Ec2AccountSettings } from './ec2-account.ts';
import { ec2Machines } from './ec2-machines.ts';
import { accountOf, aMachine, eachEc2, withEc2 } from './ec2-test-world.ts';

const claim = aClaim();
const open = (accounts: Readonly<Record<string, Ec2AccountSettings>>): ResourceDriver =>
  ec2Machines({ accounts, instance: oursInTests, silent: new Map(), clock: systemClock, log: silentLog() });
/** Nothing listens there. */
const dead = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:9' };

describe('accounts at EC2', () => {
  atEachCloud(eachEc2, (test) => {
    test('a list that lacks an account is no list', async ({ account }) => {
      const driver = open({ preview: account, other: { ...account, ...dead } });
      await assert.rejects(Array.fromAsync(driver.owned(aCall())), { code: 'ec2/unreachable', remedy: 'try-again' });
    });

    test('a machine is taken down though another account does not answer', async ({ account, machine, listed }) => {
      const driver = open({ preview: account, other: { ...account, ...dead } });
      await driver.create(claim, machine(), aCall());
      assert.equal((await listed(claim)).length, 1);
      await driver.destroy(claim, aCall());
      assert.equal((await listed(claim)).length, 0);
      const unknown = aClaim({ generation: 2 });
      await assert.rejects(driver.destroy(unknown, aCall()), { code: 'ec2/unreachable' });
    });

    test('of an entry that wizard.yml lost, a machine is still found where another entry leads to the account', async (world) => {
      await world.driver.create(claim, world.machine(), aCall());
      const driver = open({ renamed: world.account });
      await world.settle(async () => (await driver.observe(claim, world.machine(), aCall())).is === 'ready');
      await driver.destroy(claim, aCall());
      await world.settle(async () => (await driver.observe(claim, world.machine(), aCall())).is === 'absent');
    });

    test('of an entry that wizard.yml lost, nothing is called gone that cannot be looked for', async ({
      account,
      machine,
    }) => {
      const driver = open({ other: account });
      const lost = { code: 'ec2/unknown-machine', remedy: 'fix-setup' };
      await assert.rejects(driver.observe(claim, machine(), aCall()), lost);
      await assert.rejects(driver.create(claim, machine(), aCall()), lost);
    });

    test('a machine that was found without a record is looked for everywhere', async (world) => {
      await world.driver.create(claim, world.machine(), aCall());
      const driver = open({ first: world.account });
      await world.settle(async () => (await driver.observe(claim, {}, aCall())).is === 'ready');
    });
  });
});

test('without any entry there is nothing to list', async () => {
  assert.deepEqual(await Array.fromAsync(open({}).owned(aCall())), []);
});

/** The local cloud tells what it was asked, and can be told to refuse. */
describe('accounts that are asked', { skip: noCloud }, () => {
  test('entries with the same account list its machines once', () =>
    withEc2({}, async ({ cloud }) => {
      const driver = open({ preview: accountOf(cloud), large: accountOf(cloud) });
      await driver.create(claim, aMachine({ machine: 'large' }), aCall());
      assert.deepEqual(await Array.fromAsync(driver.owned(aCall())), [claim]);
      const listings = cloud.requests.filter(({ operation }) => operation === 'DescribeInstances');
      assert.equal(listings.length, 2, 'one before the launch, one for the list');
    }));

  test('an account that is asked too often says when to come back, and machines are still taken down', () =>
    withEc2({}, async (world) => {
      await world.driver.create(claim, aMachine(), aCall());
      const stop = world.cloud.faults.always('RunInstances', { kind: 'throttled' });
      const other = aClaim({ generation: 2 });
      await assert.rejects(world.driver.create(other, aMachine(), aCall()), (error) => {
        assert.ok(error instanceof Error && 'afterMs' in error && Number(error.afterMs) >= 1_000);
        return true;
      });
      await world.driver.destroy(claim, aCall());
      assert.equal(world.alive(claim).length, 0);
      stop();
    }));
});
