import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import { manualClock } from '../../../testing/manual-clock.ts';
import { aMachine, type Ec2World, withEc2 } from './ec2-test-world.ts';
import { hostKeysIn } from './host-keys.ts';

const ed25519 = `ssh-ed25519 ${'AAAAC3NzaC1lZDI1NTE5'.repeat(3)}AAAA`;
const ecdsa = `ecdsa-sha2-nistp256 ${'AAAAE2VjZHNhLXNoYTIt'.repeat(6)}AAA=`;
const printed = (...keys: string[]): string =>
  [
    '-----BEGIN SSH HOST KEY KEYS-----',
    ...keys.map((key) => `${key} root@ip-10-0-0-1`),
    '-----END SSH HOST KEY KEYS-----',
  ]
    .map((line) => `[   21.5] cloud-init[612]: ${line}\r\n`)
    .join('');

test('host keys are read from what a machine prints as cloud-init does, whatever stands before them', () => {
  const text = `booting\n${printed(ed25519, ecdsa)}ready\n`;
  assert.deepEqual(hostKeysIn(text), [ecdsa, ed25519]);
});

test('a second block, which anyone on the machine may have printed, does not count', () => {
  assert.deepEqual(hostKeysIn(printed(ed25519) + printed(ecdsa)), [ed25519]);
});

test('half a block, and a console without one, give no keys', () => {
  assert.deepEqual(hostKeysIn(printed(ed25519).slice(0, 150)), []);
  assert.deepEqual(hostKeysIn(`login: ${ed25519}`), []);
});

describe('host keys of machines', { skip: noCloud }, () => {
  const claim = aClaim();
  const keysOf = async ({ driver }: Pick<Ec2World, 'driver'>) => {
    const seen = await driver.observe(claim, aMachine(), aCall());
    return seen.is === 'ready' ? seen.facts['hostKeys'] : seen.is;
  };

  test('a machine is ready without them, and has them when the console shows them', async () => {
    const clock = manualClock();
    await withEc2({ driverClock: clock }, async (world) => {
      await world.driver.create(claim, aMachine(), aCall());
      await world.settle(async () => (await keysOf(world)) !== 'arriving');
      assert.deepEqual(await keysOf(world), []);
      world.machines.print(world.alive(claim)[0]?.id ?? '', printed(ed25519));
      assert.deepEqual(await keysOf(world), [], 'the console is not asked at every look');
      await clock.advance(500);
      assert.deepEqual(await keysOf(world), [ed25519]);
      const asked = world.cloud.requests.length;
      await keysOf(world);
      assert.equal(world.cloud.requests.length, asked + 1, 'once known, it is not asked again');
    });
  });

  test('a machine that prints them late is asked on, ever more seldom, for ten minutes', async () => {
    const clock = manualClock();
    await withEc2({ driverClock: clock }, async (world) => {
      const asked = (): number =>
        world.cloud.requests.filter(({ operation }) => operation === 'GetConsoleOutput').length;
      const lookFor = async (seconds: number): Promise<void> => {
        for (let look = 0; look < seconds * 2; look += 1) {
          await clock.advance(500);
          await keysOf(world);
        }
      };
      await world.driver.create(claim, aMachine(), aCall());
      await world.settle(async () => (await keysOf(world)) !== 'arriving');
      await lookFor(120);
      assert.ok(asked() < 150, `asked ${asked()} times in two minutes`);
      const [one] = world.alive(claim);
      world.machines.print(one?.id ?? '', printed(ed25519));
      await lookFor(5);
      assert.deepEqual(await keysOf(world), [ed25519]);

      const silent = aClaim({ role: 'machine.00000000' });
      const keysOfSilent = async () => world.driver.observe(silent, aMachine(), aCall());
      await world.driver.create(silent, aMachine(), aCall());
      await world.settle(async () => (await keysOfSilent()).is === 'ready');
      await clock.advance(9 * 60_000);
      const before = asked();
      await keysOfSilent();
      assert.equal(asked(), before + 1);
      await clock.advance(60_000);
      await keysOfSilent();
      assert.equal(asked(), before + 1, 'then it is believed that none come');
    });
  });

  test('a console that cannot be read keeps nothing from being ready', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.always('GetConsoleOutput', { kind: 'refused', code: 'UnauthorizedOperation', status: 403 });
      await world.driver.create(claim, aMachine(), aCall());
      await world.settle(async () => Array.isArray(await keysOf(world)));
    }));

  test('where the latest output is not to be had, what EC2 has stored is read', () =>
    withEc2({}, async (world) => {
      world.cloud.faults.always(
        'GetConsoleOutput',
        { kind: 'refused', code: 'UnsupportedOperation' },
        ({ input }) => input['Latest'] === true,
      );
      await world.driver.create(claim, aMachine(), aCall());
      world.machines.print(world.alive(claim)[0]?.id ?? '', printed(ed25519));
      await world.settle(async () => Array.isArray(await keysOf(world)));
      assert.deepEqual(await keysOf(world), [ed25519]);
    }));
});
