import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import { type Claim, claimName, type EnvironmentId } from '../../domain/claim.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { poolWorld } from './pool-test-world.ts';
import type { SshPoolDriver } from './ssh-pool.ts';

const settle = settleInRealTime(20_000);
const spec = { machine: 'rack', edition: 0 };
const claimOf = (name: string): Claim => aClaim({ environment: name as EnvironmentId, role: 'machine.3f9a2c1d' });

async function until(driver: SshPoolDriver, claim: Claim, is: Observation['is']): Promise<Observation> {
  let seen: Observation = { is: 'absent' };
  await settle(async () => {
    seen = await driver.observe(claim, spec, aCall());
    return seen.is === is;
  });
  return seen;
}

describe('a pool of machines', { skip: sshHostsMissing() }, () => {
  let world: Awaited<ReturnType<typeof poolWorld>> | undefined;
  const pool = async (count: number) => {
    world = await poolWorld(count);
    return world;
  };
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  test('the facts say where the machine is and what it is known by', async () => {
    const { open, all } = await pool(1);
    const driver = open();
    await driver.create(claimOf('shop-1'), spec, aCall());
    const seen = await until(driver, claimOf('shop-1'), 'ready');
    const [host] = all;
    assert.ok(seen.is === 'ready' && host);
    assert.deepEqual(seen.facts, {
      ...{ claim: claimName(claimOf('shop-1')), address: host.address, port: host.port, hostKeys: [host.hostKey] },
    });
  });

  test('who finds all taken waits, and gets the machine as soon as it is given back and cleared', async () => {
    const { open, all } = await pool(1);
    const driver = open({ pool: { clean: ['touch', '/srv/cleaned by "us"'] } });
    await driver.create(claimOf('shop-1'), spec, aCall());
    await until(driver, claimOf('shop-1'), 'ready');
    await all[0]?.inside('mkdir -p /run/shining-wizard /var/lib/shining-wizard/mysql');
    await driver.create(claimOf('shop-2'), spec, aCall());
    await settle(async () => {
      const seen = await driver.observe(claimOf('shop-2'), spec, aCall());
      return seen.is === 'arriving' && seen.note === 'all 1 machines of rack are taken; waiting for one';
    });
    await driver.destroy(claimOf('shop-1'), aCall());
    await until(driver, claimOf('shop-2'), 'ready');
    assert.equal((await driver.observe(claimOf('shop-1'), spec, aCall())).is, 'absent');
    assert.equal(await all[0]?.inside('ls /srv'), 'cleaned by "us"\n');
    assert.equal(await all[0]?.inside('ls -A /var/lib/shining-wizard'), '.taken\n');
    assert.equal(await all[0]?.inside('ls -d /run/shining-wizard 2>/dev/null || true'), '');
  });

  test('a full pool is told to people after ten minutes, and waited for all the same', async () => {
    const { open, advance } = await pool(1);
    const driver = open();
    await driver.create(claimOf('shop-1'), spec, aCall());
    await until(driver, claimOf('shop-1'), 'ready');
    await driver.create(claimOf('shop-2'), spec, aCall());
    advance(10 * 60_000);
    const seen = await until(driver, claimOf('shop-2'), 'broken');
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup' && seen.code === 'ssh-pool/full');
    await driver.destroy(claimOf('shop-1'), aCall());
    await until(driver, claimOf('shop-2'), 'ready');
  });

  test('two servers that share a pool never have the same machine', async () => {
    const { open, folder, marks } = await pool(2);
    const drivers = ['ours', 'theirs', 'thirds'].map((instance) => open({ instance, dataDir: join(folder, instance) }));
    await Promise.all(drivers.map((driver) => driver.create(claimOf('shop-1'), spec, aCall())));
    await settle(async () => {
      const seen = await Promise.all(drivers.map((driver) => driver.observe(claimOf('shop-1'), spec, aCall())));
      return seen.filter(({ is }) => is === 'ready').length === 2;
    });
    assert.equal(new Set(await marks()).size, 2);
    const seen = await Promise.all(drivers.map((driver) => driver.observe(claimOf('shop-1'), spec, aCall())));
    assert.equal(seen.filter(({ is }) => is === 'arriving').length, 1);
  });

  test('a lost data directory loses no reservation', async () => {
    const { open, folder } = await pool(2);
    const before = open();
    await before.create(claimOf('shop-1'), spec, aCall());
    await until(before, claimOf('shop-1'), 'ready');
    await before.close();
    const driver = open({ dataDir: join(folder, 'new') });
    assert.deepEqual(await Array.fromAsync(driver.owned(aCall())), [claimOf('shop-1')]);
    assert.equal((await driver.observe(claimOf('shop-1'), {}, aCall())).is, 'ready');
    await driver.destroy(claimOf('shop-1'), aCall());
    await until(driver, claimOf('shop-1'), 'absent');
  });

  test('a dead host stops nothing once we know what is on it; one that was never asked makes a list impossible', async () => {
    const { open, all, folder } = await pool(2);
    const driver = open();
    await driver.create(claimOf('shop-1'), spec, aCall());
    await until(driver, claimOf('shop-1'), 'ready');
    await all[1]?.stop();
    assert.deepEqual(await Array.fromAsync(driver.owned(aCall())), [claimOf('shop-1')]);
    const fresh = open({ dataDir: join(folder, 'new') });
    await assert.rejects(Array.fromAsync(fresh.owned(aCall())), { code: 'ssh/unreachable' });
  });

  test('a host that dies is not given up at once, then replaced by another, and cleared when it is back', async () => {
    const { open, all, advance, marks } = await pool(2);
    const driver = open();
    await driver.create(claimOf('shop-1'), spec, aCall());
    const held = await until(driver, claimOf('shop-1'), 'ready');
    const dead = all.find(({ port }) => held.is === 'ready' && held.facts['port'] === port);
    await dead?.stop();
    await assert.rejects(driver.observe(claimOf('shop-1'), spec, aCall()), { code: 'ssh/unreachable' });
    advance(10 * 60_000);
    const seen = await driver.observe(claimOf('shop-1'), spec, aCall());
    assert.ok(seen.is === 'broken' && seen.remedy === 'try-again');
    await driver.destroy(claimOf('shop-1'), aCall());
    advance(60_000);
    await driver.close();
    const again = open();
    await again.observe(claimOf('shop-1'), spec, aCall());
    advance(60_000);
    await dead?.start();
    await until(again, claimOf('shop-1'), 'absent');
    await settle(async () => (await marks()).every((mark) => mark === ''));
  });
});
