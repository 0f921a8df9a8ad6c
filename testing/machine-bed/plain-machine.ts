import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Claim, claimName } from '../../src/domain/claim.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { machineScript } from '../../src/domain/machine-script.ts';
import { oursInTests } from '../../src/drivers/ec2/any-ec2-test-world.ts';
import { ec2Machines } from '../../src/drivers/ec2/ec2-machines.ts';
import { accountOf } from '../../src/drivers/ec2/ec2-test-world.ts';
import { machineServices } from '../../src/drivers/machine-services/machine-services.ts';
import { sshDriver } from '../../src/drivers/ssh/ssh-driver.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { Observation, ResourceDriver } from '../../src/ports/resource-driver.ts';
import { aCall, aClaim } from '../builders.ts';
import { settleInRealTime } from '../conformance/settle.ts';
import type { LocalCloud } from '../local-cloud/start-local-cloud.ts';
import { silentLog } from '../silent-log.ts';
import { bedImages } from './bed-cloud.ts';
import type { Hand } from './by-hand.ts';

export interface PlainMachine extends AsyncDisposable {
  /** Its id at the cloud. */
  readonly instance: string;
  /** Signs in, sends the settings, and waits until the script has brought Docker and the service. */
  untilServices(): Promise<void>;
  /** Signs in anew with the keys that its console told; answers the code of the refusal. */
  refusedAs(): Promise<string | undefined>;
}

const settle = settleInRealTime(240_000);
/** So long that the user-data is compressed, and the machine's own cloud-init has to undo that. */
const config = `${'# what somebody wrote down\n'.repeat(500)}maxmemory 32mb\n`;
const recipe = { services: { redis: { image: 'redis:3.2', port: 6379, env: {}, config } }, memoryDiskMb: 64 };

/** What the loop would do with a machine that has no Docker Engine, by the drivers themselves: launched, signed in to, and served on. */
export async function plainMachine(cloud: LocalCloud, hand: Hand): Promise<PlainMachine> {
  const dataDir = await mkdtemp(join(tmpdir(), 'plain-machine-'));
  const log = silentLog();
  const base = { dataDir, silent: new Map(), shared: { changed: () => undefined }, clock: systemClock, log };
  const key = new Secret(await readFile(hand.keyFile, 'utf8'));
  const machines = ec2Machines({ ...base, accounts: { preview: accountOf(cloud) }, instance: oursInTests });
  const logins = sshDriver({ ...base, keys: { preview: key } });
  const services = machineServices({ ...base, secrets: {}, presign: () => assert.fail('nothing is in S3') });

  const machine = aClaim({ role: 'machine.3f9a2c1d' });
  const script = machineScript({ recipe, dataVersions: {} });
  const about = {
    machine: 'preview',
    image: bedImages.plain,
    types: ['m5.large'],
    keyName: 'preview',
    userData: script,
  };
  const machineFacts = async (): Promise<JsonObject> => {
    const seen = await machines.observe(machine, about, aCall());
    return seen.is === 'ready' ? seen.facts : {};
  };
  await machines.create(machine, about, aCall());
  await settle(async () => 'address' in (await machineFacts()));
  const { instance } = await machineFacts();
  assert.deepEqual([...(cloud.instances[0]?.userData ?? [])].slice(0, 2), [0x1f, 0x8b], 'its user-data is compressed');
  const loginSpec = async (): Promise<JsonObject> => {
    const { address = '', port = 0, hostKeys = [] } = await machineFacts();
    const where = { machine: 'preview', claim: claimName(machine), host: address, port, user: 'debian', hostKeys };
    return { ...where, hostKeyWaitMs: 60_000 };
  };
  /** As the loop: what is on its way and is asked for something else by now is changed. */
  const untilIt = async (
    driver: ResourceDriver,
    claim: Claim,
    spec: () => Promise<JsonObject>,
    is: Observation['is'],
  ): Promise<Observation> => {
    await driver.create(claim, await spec(), aCall());
    let seen: Observation = { is: 'absent' };
    await settle(async () => {
      const wanted = await spec();
      seen = await driver.observe(claim, wanted, aCall());
      if ('drift' in seen && (seen.drift ?? []).length > 0) await driver.update?.(claim, wanted, aCall());
      if (seen.is === 'broken' && is !== 'broken') assert.fail(JSON.stringify(seen));
      return seen.is === is;
    });
    return seen;
  };
  const logText = async (claim: Claim): Promise<string> => (await services.readLog?.(claim, 0, aCall()))?.text ?? '';

  return {
    instance: String(instance),
    async untilServices() {
      const seen = await untilIt(logins, aClaim({ role: 'ssh.3f9a2c1d' }), loginSpec, 'ready');
      assert.ok(seen.is === 'ready');
      const { hostKeys } = await loginSpec();
      assert.ok(Array.isArray(hostKeys) && hostKeys.length > 0, 'its console told its keys');
      assert.ok(
        !log.lines.some(({ event }) => event === 'ssh.first-key-believed'),
        'none was believed at the first contact',
      );
      const { config, host, knownHosts } = seen.facts;
      assert.ok(hostKeys.every((one) => typeof one === 'string'));
      const pinned = await readFile(String(knownHosts), 'utf8');
      assert.deepEqual(
        pinned.trimEnd().split('\n'),
        hostKeys.map((one) => `${host} ${one}`),
      );

      const claim = aClaim({ role: 'services.3f9a2c1d' });
      const spec = {
        ssh: config ?? '',
        host: host ?? '',
        machineClaim: claimName(machine),
        files: { 'redis.env': {} },
        script,
      };
      await untilIt(services, claim, () => Promise.resolve(spec), 'ready');
      assert.match(await logText(claim), /== installing docker\n[\s\S]*== redis answers/);
    },
    async refusedAs() {
      const seen = await untilIt(logins, aClaim({ role: 'ssh.00000000' }), loginSpec, 'broken');
      return seen.is === 'broken' ? seen.code : undefined;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([logins.close(), services.close()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
