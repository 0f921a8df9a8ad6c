import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import { claimName } from '../../domain/claim.ts';
import { claimedScript } from '../../domain/machine-script.ts';
import { quoted } from '../../domain/shell-text.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import type { MachineServices } from './machine-services.ts';
import { plainScript, scriptWith, servicesWorld } from './services-test-world.ts';

const settle = settleInRealTime(20_000);
const claim = aClaim({ role: 'services.3f9a2c1d' });
const folder = '/run/shining-wizard';
const run = `${folder}/${claimName(claim)}`;
const machineRun = `${folder}/shop-7_machine.3f9a2c1d_1`;

describe('the services of a machine', { skip: sshHostsMissing() }, () => {
  let world: Awaited<ReturnType<typeof servicesWorld>>;
  let driver: MachineServices;
  beforeEach(async () => {
    world = await servicesWorld();
    driver = world.open();
  });
  afterEach(() => world.close());

  const create = (over: object = {}): Promise<void> => driver.create(claim, world.spec(over), aCall());
  const look = (over: object = {}): Promise<Observation> => driver.observe(claim, world.spec(over), aCall());
  const until = async (is: Observation['is'], over: object = {}): Promise<Observation> => {
    let seen: Observation = { is: 'absent' };
    await settle(async () => {
      seen = await look(over);
      return seen.is === is;
    });
    return seen;
  };
  const logText = async (): Promise<string> => (await driver.readLog(claim, 0, aCall())).text;
  /** As cloud-init does it. */
  const userData = async (script: string): Promise<void> => {
    const text = quoted(claimedScript(script, 'shop-7_machine.3f9a2c1d_1'));
    await world.host.inside(`mkdir -p /run/cloud-init; printf %s ${text} >/srv/user-data`);
    world.host.begin('exec bash /srv/user-data');
  };

  test('user-data that waits for its settings gets them, and nothing is run twice', async () => {
    await userData(plainScript);
    await create({ files: { 'mysql.dump': { PASSWORD: { secret: 'db' } } } });
    await until('ready', { files: { 'mysql.dump': { PASSWORD: { secret: 'db' } } } });
    assert.match(await world.host.inside(`cat ${machineRun}.state`), /^done 0/);
    assert.equal(await world.host.inside(`ls ${folder} | grep -c '\\.state$'`), '1\n');
    assert.equal(
      await world.host.inside(`ls -d ${machineRun}.settings 2>/dev/null || true`),
      '',
      'secrets are deleted',
    );
  });

  test('user-data of another machine is given its settings by those that are made anew for it', async () => {
    // An environment that is built a second time has a machine that boots as the first one did.
    const again = { ...claim, generation: 2 };
    await userData(plainScript);
    await settle(async () => (await world.host.inside(`cat ${machineRun}.state 2>&1 || true`)).includes('running'));
    await driver.create(again, world.spec(), aCall());
    await settle(async () => (await driver.observe(again, world.spec(), aCall())).is === 'ready');
    assert.match(await world.host.inside(`cat ${machineRun}.state`), /^done 0/);
    assert.equal(await world.host.inside(`ls ${folder} | grep -c '\\.state$'`), '1\n');
  });

  test('what another generation has brought to its end is not taken for ours', async () => {
    await userData(plainScript);
    await create();
    await until('ready');
    const again = { ...claim, generation: 2 };
    await driver.create(again, world.spec({ script: scriptWith('say again') }), aCall());
    await settle(async () => (await driver.observe(again, world.spec(), aCall())).is === 'ready');
    assert.match((await driver.readLog(again, 0, aCall())).text, /^== again$/m);
  });

  test('the address of a dump in S3 is signed as it is sent, for as long as the services may take', async () => {
    const over = { files: { 'mysql.dump': { DUMP_URL: { presigned: 'staging' } } }, limitMs: 600_000 };
    await create(over);
    await until('ready', over);
    assert.match(await logText(), /^DUMP_URL=https:\/\/staging\.example\/\?expires=600000$/m);
    assert.doesNotMatch(
      await readFile(join(world.dataDir, 'machine-services', claimName(claim), 'about.json'), 'utf8'),
      /expires/,
    );
  });

  test('user-data that is still to come is waited for, and stood in for when it was none of ours', async () => {
    await world.host.inside('mkdir -p /run/cloud-init');
    await create();
    await settle(async () => (await world.host.inside(`ls ${folder} 2>/dev/null || true`)).includes('settings'));
    assert.equal((await look()).is, 'arriving');
    await world.host.inside('touch /run/cloud-init/result.json');
    await until('ready');
    assert.match(await world.host.inside(`cat ${run}.state`), /^done 0/);
    assert.equal(await world.host.inside(`find ${folder} -name '*.settings'`), '', 'secrets are deleted');
  });

  test('a secret is in no argument, no log that is shown, and no file that stays', async () => {
    const files = { 'mysql.dump': { PASSWORD: { secret: 'db' } } };
    const script = scriptWith(`cat "$folder/$claim.settings"/*; within 20 "waiting for the test" test -e /srv/go-on`);
    await create({ files, script });
    await settle(async () => (await logText()).includes('PASSWORD='));
    const kept = await world.host.inside(
      `grep -lz '${world.password.slice(0, -1)}[${world.password.slice(-1)}]' /proc/[0-9]*/cmdline /proc/[0-9]*/environ || true`,
    );
    assert.equal(kept, '');
    assert.match(await logText(), /PASSWORD=\[secret\]/);
    await world.host.inside('touch /srv/go-on');
    await until('ready', { files, script });
    assert.equal(await world.host.inside(`find ${folder} -name '*.settings'`), '');
  });

  test('a failure in the recipe ends as the author’s, with what was printed last', async () => {
    const script = scriptWith('say "mysql: its container ended by itself"; echo "[ERROR] unknown variable"; exit 1');
    await create({ script });
    const seen = await until('broken', { script });
    assert.ok(seen.is === 'broken' && seen.remedy === 'change-input' && seen.code === 'services/failed');
    assert.match(seen.note, /the services did not start: mysql: its container ended by itself/);
    assert.ok(seen.lastLines?.includes('[ERROR] unknown variable'));
    assert.ok(world.told.length > 0);
  });

  test('what only the operator can mend says so, also after a restart of ours', async () => {
    const script = scriptWith('say "mysql: the database to dump from cannot be reached"; exit 70');
    await create({ script });
    await until('broken', { script });
    await driver.close();
    driver = world.open();
    const seen = await until('broken', { script });
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup' && seen.code === 'services/no-data');
    assert.match(seen.note, /cannot be reached/);
    assert.equal((await logText()).split('cannot be reached').length, 2, 'the log is copied once');
  });

  test('a run that is killed on the machine is seen, and may be tried anew', async () => {
    const script = scriptWith('sleep 600');
    await create({ script });
    await settle(async () => (await logText()).includes('the settings are here'));
    await world.host.inside(`for file in $(grep -lzx WIZARD_RUN=${claimName(claim)} /proc/[0-9]*/environ); do
      pid=\${file#/proc/}; kill -KILL "\${pid%/environ}" || true; done`);
    const seen = await until('broken', { script });
    assert.ok(seen.is === 'broken' && seen.remedy === 'try-again');
  });

  test('a machine out of reach in between loses and doubles nothing', async () => {
    const files = { 'mysql.dump': { PASSWORD: { secret: 'db' } } };
    const settings = '"$folder/$claim.settings"';
    const script = scriptWith(
      `rm ${settings}/mysql.dump; for n in $(seq 1 40); do say "line $n."; sleep 0.1; done; ls ${settings}`,
    );
    await create({ script, files });
    await settle(async () => (await logText()).includes('line 5.'));
    await world.host.stop();
    await settle(async () => {
      const seen = await look({ script, files });
      return seen.is === 'arriving' && seen.note.includes('out of reach');
    });
    await world.host.start();
    await until('ready', { script, files });
    const lines = (await logText()).split('\n').filter((line) => line.includes('line '));
    assert.deepEqual(
      lines,
      Array.from({ length: 40 }, (_, index) => `== line ${index + 1}.`),
    );
    assert.match(await logText(), /^complete$/m);
    assert.doesNotMatch(await logText(), /^mysql\.dump$/m, 'what was deleted is not sent again');
  });

  test('a machine that was restarted has lost what was in memory', async () => {
    await create();
    await until('ready');
    await world.host.reboot();
    const seen = await look();
    assert.ok(seen.is === 'broken' && seen.remedy === 'try-again');
    assert.match(seen.note, /was restarted/);
  });

  test('while a machine that was ready is out of reach nothing is said of it, and it can be left behind', async () => {
    await create();
    await until('ready');
    await world.host.stop();
    await assert.rejects(look(), { code: 'ssh/unreachable', remedy: 'try-again' });
    await driver.destroy(claim, aCall());
    await until('absent');
  });

  test('the way to the machine may change without its services being made anew', async () => {
    await create();
    await until('ready');
    const { config: ssh, host } = await world.anotherWay();
    assert.deepEqual(await look({ host, ssh }), { is: 'ready', facts: {}, drift: [] });
    await driver.close();
    driver = world.open();
    assert.equal((await driver.observe(claim, {}, aCall())).is, 'ready');
  });

  test('taking the services away ends what still runs', async () => {
    const script = scriptWith('sleep 600');
    await create({ script });
    await settle(async () => (await logText()).includes('the settings are here'));
    await driver.destroy(claim, aCall());
    await until('absent', { script });
    assert.equal(await world.host.inside(`grep -lzx WIZARD_RUN=${claimName(claim)} /proc/[0-9]*/environ || true`), '');
    assert.equal(await world.host.inside(`ls ${run}.* 2>/dev/null || true`), '');
  });
});
