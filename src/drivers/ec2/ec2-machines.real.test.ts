import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { noCloud } from '../../../testing/local-cloud/cloud-clients.ts';
import { manualClock } from '../../../testing/manual-clock.ts';
import { scriptOf } from '../../../testing/user-data-parts.ts';
import { claimName, type EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { aMachine, type Ec2World, launchesOf, withEc2 } from './ec2-test-world.ts';
import { claimTag, instanceTag } from './instance.ts';

const claim = aClaim();
const create = ({ driver }: Ec2World, over: JsonObject = {}) => driver.create(claim, aMachine(over), aCall());
const observe = ({ driver }: Ec2World, over: JsonObject = {}) => driver.observe(claim, aMachine(over), aCall());
const destroy = ({ driver }: Ec2World) => driver.destroy(claim, aCall());
const update = ({ driver }: Ec2World, over: JsonObject) => driver.update?.(claim, aMachine(over), aCall());

async function until(world: Ec2World, is: Observation['is'], over: JsonObject = {}): Promise<Observation> {
  let seen: Observation = { is: 'absent' };
  await world.settle(async () => {
    seen = await observe(world, over);
    return seen.is === is;
  });
  return seen;
}
const factsOf = (seen: Observation): JsonObject => (seen.is === 'ready' ? seen.facts : assert.fail(seen.is));
const driftOf = (seen: Observation) => (seen.is === 'ready' ? seen.drift : assert.fail(seen.is));

describe('machines at EC2', { skip: noCloud }, () => {
  test('a machine and its volumes bear our tags and the operator’s from the call that makes them', () =>
    withEc2({}, async (world) => {
      await create(world, { tags: { team: 'web', [claimTag]: 'forged' } });
      const expected = {
        Name: 'shop-7 web',
        team: 'web',
        [instanceTag]: 'wizard-here',
        [claimTag]: claimName(claim),
      };
      assert.deepEqual(Object.fromEntries(world.alive(claim)[0]?.tags ?? []), expected);
      assert.deepEqual(
        world.cloud.volumes.map(({ tags }) => Object.fromEntries(tags)),
        [expected],
      );
    }));

  test('metadata needs a token and ends at the first hop, and a shutdown from within leaves nothing', () =>
    withEc2({}, async (world) => {
      await create(world);
      const [machine] = world.machines.machines.values();
      assert.deepEqual([machine?.tokensRequired, machine?.hopLimit], [true, 1]);
      const [launch] = launchesOf(world.cloud);
      assert.equal(launch?.InstanceInitiatedShutdownBehavior, 'terminate');
      assert.equal(launch.IamInstanceProfile, undefined);
    }));

  test('it boots with its claim in its script', () =>
    withEc2({}, async (world) => {
      await create(world);
      const [machine] = world.machines.machines.values();
      assert.equal(scriptOf(machine?.userData), `#!/bin/bash\nclaim='${claimName(claim)}'\n`);
    }));

  test('its script arrives as it was written, whatever is in it', () =>
    withEc2({}, async (world) => {
      const script = "#!/bin/bash\na='=3D Grüße 🐚'; b='x \t\n--border\n \t\n.\nFrom here \t end ' \n";
      await create(world, { userData: script });
      const [machine] = world.machines.machines.values();
      assert.equal(scriptOf(machine?.userData), script);
    }));

  test('a long script is sent compressed, and one that is too long for that is refused before anything is asked', () =>
    withEc2({}, async (world) => {
      const long = `#!/bin/bash\n${'say something\n'.repeat(4_000)}`;
      await create(world, { userData: long });
      const [machine] = world.machines.machines.values();
      assert.equal(scriptOf(machine?.userData), long);
      const noise = Array.from({ length: 20_000 }, (_, index) => ((index * 7919) ** 3 % 99_991).toString(36)).join('');
      const wrong = world.driver.create(aClaim({ generation: 2 }), aMachine({ userData: noise }), aCall());
      await assert.rejects(wrong, { code: 'ec2/user-data-too-long', remedy: 'change-input' });
      assert.equal(launchesOf(world.cloud).length, 1);
    }));

  test('its facts lead to it, by its public or its private address', () =>
    withEc2({}, async (world) => {
      await create(world, { sshPort: 2222 });
      const facts = factsOf(await until(world, 'ready', { sshPort: 2222 }));
      const [one] = world.alive(claim);
      assert.deepEqual(facts, {
        claim: claimName(claim),
        address: one?.publicIp,
        port: 2222,
        hostKeys: [],
        instance: one?.id,
        privateAddress: one?.privateIp,
        type: 'm5.large',
      });
      assert.equal(factsOf(await observe(world, { address: 'private' }))['address'], one?.privateIp);
    }));

  test('a public address is asked for where the subnet gives none by itself, and not where a private one will do', () =>
    withEc2({}, async (world) => {
      const subnet = 'subnet-0aaaaaaaaaaaaaaa2';
      await create(world, { subnet });
      await until(world, 'ready', { subnet });
      const other = aClaim({ environment: 'shop-8' as EnvironmentId });
      await world.driver.create(other, aMachine({ subnet, address: 'private' }), aCall());
      assert.deepEqual([world.alive(claim)[0]?.wantsPublicIp, world.alive(other)[0]?.wantsPublicIp], [true, false]);
      const [, inside] = launchesOf(world.cloud);
      assert.deepEqual([inside?.SubnetId, inside?.SecurityGroupIds], [subnet, ['sg-0123456789abcdef0']]);
    }));

  test('image, key, network, disk, profile and spot are asked for as they are set', () =>
    withEc2({}, async (world) => {
      await create(world, { diskGb: 40, profile: 'preview', spot: true });
      const [launch] = launchesOf(world.cloud);
      const [card] = launch?.NetworkInterfaces ?? [];
      assert.deepEqual([launch?.ImageId, launch?.KeyName], ['ami-0123456789abcdef0', 'preview']);
      assert.deepEqual([card?.SubnetId, card?.Groups], ['subnet-0aaaaaaaaaaaaaaa1', ['sg-0123456789abcdef0']]);
      assert.equal(launch?.IamInstanceProfile?.Name, 'preview');
      assert.equal(launch.InstanceMarketOptions?.SpotOptions?.SpotInstanceType, 'one-time');
      assert.deepEqual(
        world.cloud.volumes.map(({ sizeGb, deletedWithInstance }) => [sizeGb, deletedWithInstance]),
        [[40, true]],
      );
    }));

  test('it is told to the loop as arriving until it runs', () =>
    withEc2({}, async (world) => {
      world.machines.hold();
      await create(world);
      const seen = await observe(world);
      assert.match(seen.is === 'arriving' ? seen.note : seen.is, /^EC2 is starting i-\w+ \(m5\.large\)$/);
      world.machines.boot();
      await until(world, 'ready');
    }));

  test('it sleeps and wakes with its disk, and is the same machine', () =>
    withEc2({ account: { settleMs: 20 } }, async (world) => {
      await create(world);
      const before = factsOf(await until(world, 'ready'));
      const off = { power: 'off' };
      assert.deepEqual(driftOf(await observe(world, off)), [{ field: 'power', want: 'off', have: 'on' }]);
      await update(world, off);
      const asleep = await until(world, 'ready', off);
      assert.deepEqual(driftOf(asleep), []);
      assert.deepEqual(driftOf(await observe(world)), [{ field: 'power', want: 'on', have: 'off' }]);
      await update(world, {});
      const awake = factsOf(await until(world, 'ready'));
      assert.equal(awake['instance'], before['instance']);
      assert.notEqual(awake['address'], before['address']);
      assert.equal(world.cloud.volumes.length, 1);
    }));

  test('one that is just being stopped is not taken for one that takes too long, and is started when it can be', () =>
    withEc2({ account: { settleMs: 60 } }, async (world) => {
      await create(world);
      await until(world, 'ready');
      await update(world, { power: 'off' });
      assert.deepEqual(driftOf(await observe(world)), [{ field: 'power', want: 'on', have: 'stopping' }]);
      await assert.rejects(async () => update(world, {}), { code: 'ec2/wrong-state', remedy: 'try-again' });
    }));

  test('a spot machine cannot sleep, and says so', () =>
    withEc2({}, async (world) => {
      await create(world, { spot: true });
      await until(world, 'ready');
      await assert.rejects(async () => update(world, { power: 'off' }), {
        code: 'ec2/unsupported',
        remedy: 'fix-setup',
      });
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

  test('a wrong setting is named', () =>
    withEc2({}, async (world) => {
      const hintOf = async (over: JsonObject): Promise<string> => {
        const error: unknown = await create(world, over).catch((caught: unknown) => caught);
        return error instanceof Error && 'hint' in error ? String(error.hint) : 'no error';
      };
      assert.match(await hintOf({ image: 'ami-00000001' }), /"image" under machines\.preview /);
      assert.match(await hintOf({ subnet: 'subnet-00000001' }), /"subnet" under machines\.preview /);
      assert.match(await hintOf({ securityGroups: ['sg-00000001'] }), /"security-groups" under machines\.preview /);
      assert.match(await hintOf({ keyName: 'other' }), /"key-name" under machines\.preview /);
      assert.match(await hintOf({ profile: 'other' }), /"profile"/);
      assert.match(await hintOf({ diskGb: 1 }), /"disk-gb"/);
      assert.equal(world.cloud.instances.length, 0);
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
