import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { atEachCloud } from '../../../testing/at-each-cloud.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { scriptOf } from '../../../testing/user-data-parts.ts';
import { claimName, type EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import type { AnyEc2World } from './any-ec2-test-world.ts';
import { eachEc2 } from './ec2-test-world.ts';
import { claimTag, instanceTag } from './instance.ts';

const claim = aClaim();
const create = ({ driver, machine }: AnyEc2World, over: JsonObject = {}) =>
  driver.create(claim, machine(over), aCall());
const observe = ({ driver, machine }: AnyEc2World, over: JsonObject = {}) =>
  driver.observe(claim, machine(over), aCall());
const update = ({ driver, machine }: AnyEc2World, over: JsonObject) => driver.update?.(claim, machine(over), aCall());

async function until(world: AnyEc2World, is: Observation['is'], over: JsonObject = {}): Promise<Observation> {
  let seen: Observation = { is: 'absent' };
  await world.settle(async () => {
    seen = await observe(world, over);
    return seen.is === is;
  });
  return seen;
}
const factsOf = (seen: Observation): JsonObject => (seen.is === 'ready' ? seen.facts : assert.fail(seen.is));
const driftOf = (seen: Observation) => (seen.is === 'ready' ? seen.drift : assert.fail(seen.is));

async function theInstance({ listed }: AnyEc2World) {
  const [one, ...others] = await listed(claim);
  assert.ok(one && others.length === 0, 'there is one');
  return one;
}

async function theScript(world: AnyEc2World): Promise<string | undefined> {
  const { InstanceId } = await theInstance(world);
  const { UserData } = await world.ec2.describeInstanceAttribute({ InstanceId, Attribute: 'userData' });
  return scriptOf(Buffer.from(UserData?.Value ?? '', 'base64'));
}

async function theVolumes(world: AnyEc2World) {
  const { InstanceId = '' } = await theInstance(world);
  const Filters = [{ Name: 'attachment.instance-id', Values: [InstanceId] }];
  const { Volumes = [] } = await world.ec2.describeVolumes({ Filters });
  return Volumes;
}

type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];
const asObject = (tags: Tags = []): object => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));

describe('machines at EC2', () => {
  atEachCloud(eachEc2, (test) => {
    test('a machine and its volumes bear our tags and the operator’s from the call that makes them', async (world) => {
      await create(world, { tags: { team: 'web', [claimTag]: 'forged' } });
      const expected = {
        Name: 'shop-7 web',
        team: 'web',
        [instanceTag]: 'wizard-here',
        [claimTag]: claimName(claim),
      };
      assert.deepEqual(asObject((await theInstance(world)).Tags), expected);
      assert.deepEqual(
        (await theVolumes(world)).map(({ Tags }) => asObject(Tags)),
        [expected],
      );
    });

    test('a shutdown from within leaves nothing', async (world) => {
      await create(world);
      const { InstanceId } = await theInstance(world);
      const Attribute = 'instanceInitiatedShutdownBehavior';
      const seen = await world.ec2.describeInstanceAttribute({ InstanceId, Attribute });
      assert.equal(seen.InstanceInitiatedShutdownBehavior?.Value, 'terminate');
    });

    test(
      'metadata needs a token and ends at the first hop',
      async (world) => {
        await create(world);
        const { MetadataOptions, IamInstanceProfile } = await theInstance(world);
        assert.deepEqual([MetadataOptions?.HttpTokens, MetadataOptions?.HttpPutResponseHopLimit], ['required', 1]);
        assert.equal(IamInstanceProfile, undefined, 'and it has no role of its own');
      },
      { motoDeviates: 'it forgets what a launch says about metadata' },
    );

    test('it boots with its claim in its script', async (world) => {
      await create(world);
      assert.equal(await theScript(world), `#!/bin/bash\nclaim='${claimName(claim)}'\n`);
    });

    test('its script arrives as it was written, whatever is in it', async (world) => {
      const script = "#!/bin/bash\na='=3D Grüße 🐚'; b='x \t\n--border\n \t\n.\nFrom here \t end ' \n";
      await create(world, { userData: script });
      assert.equal(await theScript(world), script);
    });

    test('a long script is sent compressed, and one that is too long for that is refused before anything is made', async (world) => {
      const long = `#!/bin/bash\n${'say something\n'.repeat(4_000)}`;
      await create(world, { userData: long });
      assert.equal(await theScript(world), long);
      const noise = Array.from({ length: 20_000 }, (_, index) => ((index * 7919) ** 3 % 99_991).toString(36)).join('');
      const next = aClaim({ generation: 2 });
      const wrong = world.driver.create(next, world.machine({ userData: noise }), aCall());
      await assert.rejects(wrong, { code: 'ec2/user-data-too-long', remedy: 'change-input' });
      assert.deepEqual(await world.listed(next), []);
    });

    test('its facts lead to it, by its public or its private address', async (world) => {
      await create(world, { sshPort: 2222 });
      const { hostKeys, ...facts } = factsOf(await until(world, 'ready', { sshPort: 2222 }));
      const one = await theInstance(world);
      assert.match(`${one.PublicIpAddress} ${one.PrivateIpAddress}`, /^\d+(\.\d+){3} \d+(\.\d+){3}$/);
      assert.deepEqual(hostKeys, []);
      assert.deepEqual(facts, {
        claim: claimName(claim),
        address: one.PublicIpAddress,
        port: 2222,
        instance: one.InstanceId,
        privateAddress: one.PrivateIpAddress,
        type: 'm5.large',
      });
      assert.equal(factsOf(await observe(world, { address: 'private' }))['address'], one.PrivateIpAddress);
    });

    test('a public address is asked for where the subnet gives none by itself, and not where a private one will do', async (world) => {
      const subnet = world.place.innerSubnet;
      await create(world, { subnet });
      await until(world, 'ready', { subnet });
      const other = aClaim({ environment: 'shop-8' as EnvironmentId });
      const wanted = world.machine({ subnet, address: 'private' });
      await world.driver.create(other, wanted, aCall());
      await world.settle(async () => (await world.driver.observe(other, wanted, aCall())).is === 'ready');
      const [inside] = await world.listed(other);
      assert.notEqual((await theInstance(world)).PublicIpAddress, undefined);
      assert.equal(inside?.PublicIpAddress, undefined);
      const groups = inside?.SecurityGroups?.map(({ GroupId }) => GroupId);
      assert.deepEqual([inside?.SubnetId, groups], [subnet, [world.place.securityGroup]]);
    });

    test('image, key, network, disk, profile and spot are asked for as they are set', async (world) => {
      await create(world, { diskGb: 40, profile: 'preview', spot: true });
      const one = await theInstance(world);
      assert.deepEqual([one.ImageId, one.KeyName], ['ami-0123456789abcdef0', 'preview']);
      assert.equal(one.SubnetId, world.place.subnet);
      assert.equal(one.InstanceLifecycle, 'spot');
      assert.match(one.IamInstanceProfile?.Arn ?? '', /:instance-profile\/preview$/);
      const sizes = (await theVolumes(world)).map(({ Size }) => Size);
      const ends = one.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.DeleteOnTermination);
      assert.deepEqual([sizes, ends], [[40], [true]]);
    });

    test(
      'its security groups are those of its network card, and a wrong one is named',
      async (world) => {
        await create(world);
        const { SecurityGroups = [] } = await theInstance(world);
        assert.deepEqual(
          SecurityGroups.map(({ GroupId }) => GroupId),
          [world.place.securityGroup],
        );
        const next = aClaim({ generation: 2 });
        await assert.rejects(world.driver.create(next, world.machine({ securityGroups: ['sg-00000001'] }), aCall()));
      },
      { motoDeviates: 'it forgets the groups of a network card' },
    );

    test('it sleeps and wakes with its disk, and is the same machine', async (world) => {
      await create(world);
      const before = factsOf(await until(world, 'ready'));
      const [disk] = await theVolumes(world);
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
      assert.deepEqual(
        (await theVolumes(world)).map(({ VolumeId }) => VolumeId),
        [disk?.VolumeId],
      );
    });

    test(
      'a spot machine cannot sleep, and says so',
      async (world) => {
        await create(world, { spot: true });
        await until(world, 'ready');
        await assert.rejects(async () => update(world, { power: 'off' }), {
          code: 'ec2/unsupported',
          remedy: 'fix-setup',
        });
      },
      { motoDeviates: 'it stops any instance' },
    );

    test('a wrong setting is named', async (world) => {
      assert.match(await hintOf(world, { image: 'ami-00000001' }), /"image" under machines\.preview /);
      assert.match(await hintOf(world, { subnet: 'subnet-00000001' }), /"subnet" under machines\.preview /);
      assert.match(
        await hintOf(world, { securityGroups: ['sg-00000001'], address: 'private' }),
        /"security-groups" under machines\.preview /,
      );
      assert.match(await hintOf(world, { keyName: 'other' }), /"key-name" under machines\.preview /);
      assert.match(await hintOf(world, { profile: 'other' }), /"profile"/);
      assert.deepEqual(await world.listed(claim), []);
    });

    test(
      'a disk that is too small for the image is named',
      async (world) => {
        assert.match(await hintOf(world, { diskGb: 1 }), /"disk-gb"/);
      },
      { motoDeviates: 'a disk may be smaller than what is on it' },
    );
  });
});

async function hintOf(world: AnyEc2World, over: JsonObject): Promise<string> {
  const error: unknown = await create(world, over).catch((caught: unknown) => caught);
  return error instanceof Error && 'hint' in error ? String(error.hint) : 'no error';
}
