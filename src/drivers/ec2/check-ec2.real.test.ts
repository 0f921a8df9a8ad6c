import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { atEachCloud } from '../../../testing/at-each-cloud.ts';
import { aCall } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import type { JsonObject } from '../../domain/json.ts';
import { Secret } from '../../kit/secret.ts';
import type { AnyEc2World } from './any-ec2-test-world.ts';
import { checkEc2, type Ec2Check } from './check-ec2.ts';
import type { Ec2AccountSettings } from './ec2-account.ts';
import { eachEc2, withEc2 } from './ec2-test-world.ts';

const check = (
  { account, machine }: AnyEc2World,
  over: JsonObject = {},
  by: Partial<Ec2AccountSettings> = {},
): Promise<Ec2Check> =>
  checkEc2({ ...account, ...by }, { name: 'preview', spec: machine(over), instance: 'wizard-here' }, aCall());

describe('checking machines at EC2', () => {
  atEachCloud(eachEc2, (test) => {
    test('what is right is said, and nothing is made', async (world) => {
      const { right, wrong } = await check(world);
      assert.deepEqual(wrong, []);
      assert.deepEqual(right, [
        'image ami-0123456789abcdef0',
        `subnet ${world.place.subnet}`,
        `security group ${world.place.securityGroup}`,
        'key pair preview',
        'may start m5.large',
        'may start m4.large',
      ]);
      assert.deepEqual((await world.ec2.describeInstances({})).Reservations, []);
    });

    test('all that is wrong is said at once', async (world) => {
      const { wrong } = await check(world, { subnet: 'subnet-00000001', keyName: 'other' });
      assert.deepEqual(
        wrong.map(({ hint }) => hint),
        [
          'Check "subnet" under machines.preview in wizard.yml.',
          'Check "key-name" under machines.preview in wizard.yml.',
        ],
      );
    });
  });
});

/** The local cloud checks signatures, which moto does not, and can be told to refuse. */
describe('checking a key of EC2', { skip: noCloud }, () => {
  test('a key that is not let in is said once', () =>
    withEc2({}, async (world) => {
      const accessKey = { id: world.cloud.credentials.accessKeyId, secret: new Secret('another-secret') };
      const { right, wrong } = await check(world, {}, { accessKey });
      assert.deepEqual(right, []);
      assert.deepEqual(
        wrong.map(({ code }) => code),
        ['ec2/refused-key'],
      );
    }));

  test('a right that is missing for the start is found', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.always('RunInstances', { kind: 'refused', code: 'UnauthorizedOperation', status: 403 });
      const { wrong } = await check(world, { types: ['m5.large'] });
      assert.deepEqual(
        wrong.map(({ code }) => code),
        ['ec2/not-allowed'],
      );
    }));
});
