import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { aMachineRecipe } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { buildImages } from '../../../testing/machine-bed/build-images.ts';
import { byHand, type Hand } from '../../../testing/machine-bed/by-hand.ts';
import { docker, dockerLines } from '../../../testing/machine-bed/docker.ts';
import { noBed } from '../../../testing/machine-bed/no-bed.ts';
import { type MachineBed, openMachineBed } from '../../../testing/machine-bed/open-machine-bed.ts';
import { claimedScript, machineScript } from '../../domain/machine-script.ts';
import { lastLinesOf } from '../../kit/command-output.ts';
import { Secret } from '../../kit/secret.ts';
import type { BakedImage } from '../../ports/data-bakes.ts';
import { bakerOf, fromStaging, heardBake } from './baked-images-test-world.ts';
import type { BakedSource } from './baked-source.ts';

const limits = { skip: noBed, timeout: 600_000 };
const claim = 'shop-7_machine.3f9a2c1d_1';
const hostile = `it's "a" \\ $word \`id\` %s`;

let bed: MachineBed;
let hand: Hand;
let source: BakedSource;
let baked: BakedImage;
const instance = `bake-${process.pid}`;
const never = new AbortController().signal;

before(async () => {
  if (noBed !== false) return;
  bed = await openMachineBed({ say: (line) => process.stderr.write(`${line}\n`), staging: { megabytes: 8 } });
  hand = await byHand(bed);
  const { mysql } = await buildImages();
  source = {
    image: `${bed.registryHere}/staging-data`,
    server: mysql,
    database: 'shop',
    from: fromStaging(bed.staging),
  };
}, limits);

after(async () => {
  if (noBed !== false) return;
  await bakerOf(instance, source).keepOnly('staging', new Set(), { signal: never, log: heardBake(never).log });
  await hand?.close();
  assert.deepEqual(await bed?.close(), []);
}, limits);

const leftOf = async (): Promise<readonly string[]> => [
  ...(await dockerLines(['ps', '--all', '--quiet', '--filter', `label=shining-wizard.baking=${instance}/staging`])),
  ...(await dockerLines(['volume', 'ls', '--quiet', '--filter', 'name=wizard-bake-'])),
];
const imagesOf = (): Promise<readonly string[]> =>
  dockerLines(['image', 'ls', '--format', '{{.Tag}}', '--filter', `label=shining-wizard.baked=${instance}/staging`]);
const tagsThere = async (): Promise<readonly string[]> => {
  const answer = await fetch(`http://${bed.registryHere}/v2/staging-data/tags/list`);
  return answer.ok ? (((await answer.json()) as { tags: string[] | null }).tags ?? []) : [];
};
const rows = 'select count(*), sum(crc32(body)) from reviews';

test(
  'a bake puts the data of staging into an image in the registry, and leaves nothing else',
  limits,
  async (context) => {
    const call = heardBake(never);
    const began = performance.now();
    baked = await bakerOf(instance, source).bake({ source: 'staging', stamp: '20261124T000143Z' }, call);
    context.diagnostic(`baked in ${((performance.now() - began) / 1000).toFixed(1)} s: ${call.did.join(' | ')}`);
    assert.match(baked.version, /^20261124T000143Z-[0-9a-f]{8}$/);
    assert.ok(baked.bytes > 8e6, `${baked.bytes} bytes`);
    assert.match(baked.digest ?? '', /@sha256:/);
    assert.deepEqual(await tagsThere(), [baked.version]);
    assert.deepEqual(await leftOf(), []);
    assert.ok(!call.wrote().includes(bed.staging.password));
  },
);

test(
  'an environment on it has the rows of staging under its own accounts, and staging is not written',
  limits,
  async (context) => {
    const before = await bed.staging.ask(rows);
    const env = { MYSQL_ROOT_PASSWORD: hostile, MYSQL_DATABASE: 'shop', MYSQL_USER: "o'shop", MYSQL_PASSWORD: hostile };
    const from = { by: 'baked', repository: `${bed.addresses.registry}/staging-data` } as const;
    const service = { image: 'mysql:5.6', port: 3306, env, data: { source: 'staging', from } };
    const recipe = aMachineRecipe({ memoryDiskMb: 1024, services: { mysql: service } });
    const script = claimedScript(machineScript({ recipe, dataVersions: { staging: baked.version } }), claim);
    const address = bed.nextAddress('private');
    const about = { privateIp: address, publicKey: hand.publicKey, keyName: 'preview', tokensRequired: true };
    await bed.machines.start({ id: 'i-0123456789abcdef0', ...about, userData: Buffer.from(script) });
    await hand.reach(address);
    const folder = `/run/shining-wizard/${claim}.settings`;
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    await hand.ssh(address, `sudo mkdir -p ${folder} && sudo tee ${folder}/mysql.env >/dev/null`, lines.join(''));
    const began = performance.now();
    await hand.ssh(address, `sudo touch ${folder}/mysql.dump ${folder}/complete`);
    const state = (): Promise<string> => hand.ssh(address, `sudo cat /run/shining-wizard/${claim}.state || true`);
    const ended = await settleInRealTime(300_000)(async () => /^(done|failed)/.test(await state())).catch(
      () => 'hangs',
    );
    context.diagnostic(
      `${((performance.now() - began) / 1000).toFixed(1)} s from the settings to services that answer`,
    );
    const log = await hand.ssh(address, `sudo cat /run/shining-wizard/${claim}.log`);
    assert.equal(ended, undefined, log);
    assert.equal(await state(), 'done 0', log);
    const ask = async (user: string, sql: string, password = hostile): Promise<string> => {
      const client = ['mariadb', '--host=127.0.0.1', `--user=${user}`, '--skip-column-names', '--batch', 'shop'];
      const words = client.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      const secret = `'${password.replaceAll("'", "'\\''")}'`;
      return hand.ssh(address, `sudo MYSQL_PWD=${secret} docker exec -i -e MYSQL_PWD mysql ${words}`, sql);
    };
    for (const user of ["o'shop", 'root']) assert.equal(await ask(user, rows), before);
    await ask("o'shop", 'delete from reviews');
    assert.equal(await ask('root', 'select count(*) from reviews'), '0');
    assert.equal(await bed.staging.ask(rows), before);
    await assert.rejects(ask('root', 'select 1', 'another'));
    assert.ok(!log.includes(hostile), 'no password is in the log');
    assert.equal(await hand.ssh(address, "sudo find /run/shining-wizard -name '*.baked'"), '');
  },
);

test('a staging server that cannot be reached fails the bake with what mysqldump said', limits, async () => {
  const call = heardBake(never);
  const from = { ...source.from, port: 1 } as BakedSource['from'];
  const baker = bakerOf(instance, { ...source, from });
  const bake = baker.bake({ source: 'staging', stamp: '20261124T000200Z' }, call);
  const error: unknown = await bake.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error && 'code' in error && error.code === 'data/dump-failed', String(error));
  assert.match(lastLinesOf(error).join('\n'), /Can't connect/);
  assert.deepEqual(await leftOf(), []);
  assert.deepEqual(await tagsThere(), [baked.version]);
});

test('a dump that breaks off in the middle becomes no version', limits, async () => {
  const label = `label=shining-wizard.baking=${instance}/staging`;
  // It sleeps at each row: so it is there to be killed.
  const options = ['--single-transaction', '--quick', '--where=sleep(0.05) = 0'];
  const baker = bakerOf(instance, { ...source, from: { ...source.from, options } as BakedSource['from'] });
  let killed: Promise<void> | undefined;
  const killDump = async (): Promise<boolean> => {
    const [found] = await dockerLines(['ps', '--quiet', '--filter', label, '--filter', 'network=host']);
    if (found) await docker(['kill', found]);
    return found !== undefined;
  };
  const call = heardBake(never, (what) => {
    if (what.startsWith('dumping')) killed = settleInRealTime(30_000)(killDump);
  });
  await assert.rejects(baker.bake({ source: 'staging', stamp: '20261124T000300Z' }, call), (error: Error) => {
    assert.match(String(error.cause), /status 137/);
    return 'code' in error && error.code === 'data/dump-failed';
  });
  await killed;
  assert.deepEqual(await leftOf(), []);
});

test('a dump that the server refuses says which statement', limits, async () => {
  const url = new Secret(
    'data:text/plain,create%20table%20a%20(b%20int)%3B%0Ainsert%20into%20nowhere%20values%20(1)%3B%0A',
  );
  const baker = bakerOf(instance, { ...source, from: { by: 'url', url } });
  const bake = baker.bake({ source: 'staging', stamp: '20261124T000400Z' }, heardBake(never));
  const error: unknown = await bake.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error && 'code' in error && error.code === 'data/load-failed', String(error));
  assert.match(lastLinesOf(error).join('\n'), /line 2.*nowhere/);
});

test('stopped in the middle, it leaves neither containers nor volumes', limits, async () => {
  const stopping = new AbortController();
  const call = heardBake(stopping.signal, (what) => {
    if (what.startsWith('dumping')) stopping.abort(new Error('the server is stopping'));
  });
  await assert.rejects(bakerOf(instance, source).bake({ source: 'staging', stamp: '20261124T000500Z' }, call));
  assert.deepEqual(await leftOf(), []);
});

test('only the versions that are asked for stay on this machine; the registry keeps what it has', limits, async () => {
  const baker = bakerOf(instance, source);
  const second = await baker.bake({ source: 'staging', stamp: '20261124T000600Z' }, heardBake(never));
  assert.deepEqual((await imagesOf()).toSorted(), [baked.version, second.version]);
  await baker.keepOnly('staging', new Set([second.version]), heardBake(never));
  assert.deepEqual(await imagesOf(), [second.version]);
  assert.deepEqual((await tagsThere()).toSorted(), [baked.version, second.version]);
});
