import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import type { EnvironmentId } from '../../domain/claim.ts';
import { aMachine, launchesOf, withEc2 } from './ec2-test-world.ts';

const claim = aClaim();

/** What only the local cloud tells: the words in which EC2 was asked. */
describe('launches of machines', { skip: noCloud }, () => {
  test('a spot machine is asked for once, and its network in the form that a public address needs', () =>
    withEc2({}, async ({ cloud, driver, place }) => {
      await driver.create(claim, aMachine({ spot: true }), aCall());
      const [launch] = launchesOf(cloud);
      assert.equal(launch?.InstanceMarketOptions?.SpotOptions?.SpotInstanceType, 'one-time');
      const [card] = launch.NetworkInterfaces ?? [];
      assert.deepEqual([card?.SubnetId, card?.Groups], [place.subnet, [place.securityGroup]]);
    }));

  test('a public address is asked for only where one is wanted', () =>
    withEc2({}, async ({ cloud, driver, alive, place: { innerSubnet: subnet, securityGroup } }) => {
      await driver.create(claim, aMachine({ subnet }), aCall());
      const other = aClaim({ environment: 'shop-8' as EnvironmentId });
      await driver.create(other, aMachine({ subnet, address: 'private' }), aCall());
      assert.deepEqual([alive(claim)[0]?.wantsPublicIp, alive(other)[0]?.wantsPublicIp], [true, false]);
      const [, inside] = launchesOf(cloud);
      assert.deepEqual([inside?.SubnetId, inside?.SecurityGroupIds], [subnet, [securityGroup]]);
    }));

  test('what would be refused for its long script is not asked for', () =>
    withEc2({}, async ({ cloud, driver }) => {
      const noise = Array.from({ length: 20_000 }, (_, index) => ((index * 7919) ** 3 % 99_991).toString(36)).join('');
      await assert.rejects(driver.create(claim, aMachine({ userData: noise }), aCall()), {
        code: 'ec2/user-data-too-long',
      });
      assert.deepEqual(launchesOf(cloud), []);
    }));
});
