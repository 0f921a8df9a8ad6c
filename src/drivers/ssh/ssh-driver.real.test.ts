import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { aCall } from '../../../testing/builders.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { sshHosts, sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import { refusedForMs } from './login-wait.ts';
import { sshDriver } from './ssh-driver.ts';
import { machineClaim, machineRole, settle, sshDriverWorld } from './ssh-driver-test-world.ts';

const skip = sshHostsMissing();

describe('a way into a machine', { skip }, () => {
  if (skip) return;
  const world = sshDriverWorld();
  const { told, silent, specOf, nextClaim, until, readyAt } = world;

  test('a machine that boots is waited for, and told of as soon as it lets us in', async () => {
    const host = await world.hosts.add();
    await host.stop();
    const [claim, spec] = [nextClaim(), specOf(host)];
    await world.driver.create(claim, spec, aCall());
    const seen = await world.driver.observe(claim, spec, aCall());
    assert.ok(seen.is === 'arriving');
    assert.match(seen.note, /is booting: it does not answer on port/);
    await host.start();
    await settle(async () => told.includes(claim.role));
    assert.equal((await world.driver.observe(claim, spec, aCall())).is, 'ready');
  });

  test('a machine that never answers is a matter of the setup after its time, and is still waited for', async () => {
    const host = await world.hosts.add();
    await host.stop();
    const [claim, spec] = [nextClaim(), specOf(host, { bootLimitMs: 60_000 })];
    await world.driver.create(claim, spec, aCall());
    assert.equal((await world.driver.observe(claim, spec, aCall())).is, 'arriving');
    assert.equal(silent.size, 0);
    world.aheadMs += 60_000;
    const seen = await until(claim, spec, 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup' && seen.code === 'ssh/never-answered');
    assert.match(seen.note, /has not answered on port \d+ within 60 s/);
    assert.match(seen.hint ?? '', /boot-limit of machines\.preview/);
    assert.doesNotMatch(seen.hint ?? '', /image|console|push|redeploy/, 'it may be a host of a pool');
    assert.equal(silent.get(machineClaim)?.code, 'ssh/never-answered', 'whoever made it is told');
    assert.ok(told.splice(0).includes(machineRole));
    await host.start();
    await until(claim, spec, 'ready');
    assert.equal(silent.size, 0);
    assert.ok(told.includes(machineRole));
  });

  test('a machine that never answers is left for the one that is made in its place', async () => {
    const [host, next] = [await world.hosts.add(), await world.hosts.add()];
    await host.stop();
    const [claim, spec] = [nextClaim(), specOf(host, { bootLimitMs: 60_000 })];
    await world.driver.create(claim, spec, aCall());
    world.aheadMs += 60_000;
    await until(claim, spec, 'broken');
    const other = specOf(next, { claim: `shop-7_${machineRole}_2`, bootLimitMs: 60_000 });
    const seen = await world.driver.observe(claim, other, aCall());
    assert.ok(seen.is === 'broken' && seen.drift?.some(({ field }) => field === 'claim'));
    await world.driver.update(claim, other, aCall());
    await until(claim, other, 'ready');
    assert.equal(silent.size, 0);
  });

  test('a machine that had let us in and falls silent at another address is not told of as never having answered', async () => {
    const [host, gone] = [await world.hosts.add(), await world.hosts.add()];
    const { claim, spec } = await readyAt(host);
    await gone.stop();
    const moved = { ...specOf(gone, { bootLimitMs: 60_000 }) };
    await world.driver.update(claim, moved, aCall());
    world.aheadMs += 60_000;
    await until(claim, moved, 'broken');
    assert.equal(silent.size, 0);
    await world.driver.update(claim, spec, aCall());
    await until(claim, spec, 'ready');
  });

  test('the host keys of a machine are waited for a moment, and one that is told then is believed and no other', async () => {
    const [host, other] = [await world.hosts.add(), await world.hosts.add()];
    const [claim, spec] = [nextClaim(), specOf(host, { hostKeyWaitMs: 60_000 })];
    told.length = 0;
    await world.driver.create(claim, spec, aCall());
    await settle(async () => told.includes(machineRole));
    const waits = await world.driver.observe(claim, spec, aCall());
    assert.ok(waits.is === 'arriving' && waits.note.includes('host keys are looked for'), JSON.stringify(waits));
    const known = { ...spec, hostKeys: [host.hostKey] };
    const seen = await world.driver.observe(claim, known, aCall());
    assert.ok(seen.is === 'arriving' && seen.drift?.some(({ field }) => field === 'hostKeys'));
    const lied = { ...spec, hostKeys: [other.hostKey] };
    await world.driver.update(claim, lied, aCall());
    const refused = await until(claim, lied, 'broken');
    assert.ok(refused.is === 'broken' && refused.code === 'ssh/host-key-changed');
    await world.driver.update(claim, known, aCall());
    await until(claim, known, 'ready');
  });

  test('where no key is told in that time, the one that is shown is believed', async () => {
    const host = await world.hosts.add();
    const [claim, spec] = [nextClaim(), specOf(host, { hostKeyWaitMs: 60_000 })];
    await world.driver.create(claim, spec, aCall());
    await settle(async () => {
      const seen = await world.driver.observe(claim, spec, aCall());
      return seen.is === 'arriving' && seen.note.includes('host keys are looked for');
    });
    world.aheadMs += 60_000;
    await until(claim, spec, 'ready');
  });

  test('a refused key is waited for at first, and then a matter of the setup', async () => {
    const host = await world.hosts.add();
    await host.allow(false);
    const [claim, spec] = [nextClaim(), specOf(host)];
    await world.driver.create(claim, spec, aCall());
    await settle(async () => {
      const seen = await world.driver.observe(claim, spec, aCall());
      return seen.is === 'arriving' && seen.note.includes('does not let');
    });
    world.aheadMs += refusedForMs;
    const seen = await until(claim, spec, 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
    assert.match(seen.note, /refuses the key for the user/);
    await host.allow(true);
    await until(claim, spec, 'ready');
  });

  test('the key that a machine showed first is the only one that is believed, also after a restart of ours', async () => {
    const host = await world.hosts.add();
    const { claim, spec, facts } = await readyAt(host);
    assert.ok((await readFile(String(facts['knownHosts']), 'utf8')).includes(host.hostKey));
    await host.stop();
    await host.changeHostKey();
    await host.start();
    await world.reopen();
    const seen = await world.driver.observe(claim, spec, aCall());
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
    assert.match(seen.note, /another host key/);
  });

  test('of a machine whose host key is known beforehand no other is believed', async () => {
    const host = await world.hosts.add();
    const other = await world.hosts.add();
    const [claim, spec] = [nextClaim(), specOf(host, { hostKeys: [other.hostKey] })];
    await world.driver.create(claim, spec, aCall());
    const seen = await until(claim, spec, 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
  });

  test('a machine that falls silent is not given up at once; after ten minutes people are told', async () => {
    const host = await world.hosts.add();
    const { claim, spec } = await readyAt(host);
    await host.stop();
    assert.equal((await world.driver.observe(claim, spec, aCall())).is, 'ready', 'it worked a moment ago');
    world.aheadMs += 3000;
    await assert.rejects(world.driver.observe(claim, spec, aCall()), { code: 'ssh/unreachable', remedy: 'try-again' });
    world.aheadMs += 10 * 60_000;
    const seen = await world.driver.observe(claim, spec, aCall());
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
    await host.start();
    assert.equal((await world.driver.observe(claim, spec, aCall())).is, 'ready');
  });

  test('a machine that moved to another address is followed in place, and must show the key of before', async () => {
    const [host, impostor] = [await world.hosts.add(), await world.hosts.add()];
    const { claim, spec } = await readyAt(host);
    const moved = specOf(impostor);
    const seen = await world.driver.observe(claim, moved, aCall());
    assert.ok(seen.is === 'ready' && seen.drift.some(({ field }) => field === 'port'));
    await world.driver.update(claim, moved, aCall());
    const refused = await until(claim, moved, 'broken');
    assert.ok(refused.is === 'broken' && refused.note.includes('another host key'));
    await world.driver.update(claim, spec, aCall());
    await until(claim, spec, 'ready');
  });

  test('keys that are told after the first login change nothing when the pinned one is among them', async () => {
    const [host, other] = [await world.hosts.add(), await world.hosts.add()];
    const { claim, spec } = await readyAt(host);
    const lookWith = async (hostKeys: string[]) => world.driver.observe(claim, { ...spec, hostKeys }, aCall());
    assert.equal((spec['hostKeys'] as string[]).length, 0);
    const told = await lookWith([other.hostKey, `${host.hostKey} root@preview`]);
    assert.ok(told.is === 'ready' && told.drift.length === 0);
    const lied = await lookWith([other.hostKey]);
    assert.ok(lied.is === 'ready' && lied.drift.some(({ field }) => field === 'hostKeys'));
  });

  test('a key of the operator that was corrected is used from the next look on', async () => {
    const host = await world.hosts.add();
    const [claim, spec] = [nextClaim(), specOf(host)];
    const other = await sshHosts();
    const wrong = sshDriver({
      ...{ dataDir: world.dataDir, shared: { changed: () => undefined }, clock: systemClock, log: silentLog(), silent },
      keys: { preview: new Secret(`${other.key.reveal().trimEnd()}\r\n`) },
    });
    await wrong.create(claim, spec, aCall());
    await wrong.close();
    await other.close();
    await until(claim, spec, 'ready');
  });
});
