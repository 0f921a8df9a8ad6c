import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import type { Call, Log } from '../../ports/call.ts';
import { openRouteDriver, type RouteDriver } from './route-driver.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const call: Call = { signal: new AbortController().signal, log: silent };
const claimOf = (environment: string, generation = 1, role = 'route'): Claim => ({
  environment: environment as EnvironmentId,
  role,
  generation,
});
const oldSha = 'a'.repeat(40);
const newSha = 'b'.repeat(40);
const specOf = (port: number, revision = oldSha, host = 'app-shop-7.localhost') => ({
  revision,
  targets: { app: { host, port } },
});
const folders: string[] = [];

describe('the route driver', () => {
  let dataDir: string;
  let driver: RouteDriver;
  const open = (): Promise<RouteDriver> =>
    openRouteDriver({ dataDir, shared: { changed: () => undefined }, log: silent });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'wizard-routes-'));
    folders.push(dataDir);
    driver = await open();
  });
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  it('says absent of what was never made and makes nothing by looking', async () => {
    assert.deepEqual(await driver.observe(claimOf('shop-7'), specOf(4001), call), { is: 'absent' });
    assert.deepEqual(await readdir(join(dataDir, 'routes')), []);
  });

  it('leads the host to the port as soon as create answers', async () => {
    await driver.create(claimOf('shop-7'), specOf(4001), call);
    assert.deepEqual(driver.targetFor('app-shop-7.localhost'), {
      environment: 'shop-7',
      endpoint: 'app',
      port: 4001,
      revision: oldSha,
    });
    assert.deepEqual(await driver.observe(claimOf('shop-7'), specOf(4001), call), {
      is: 'ready',
      facts: { revision: oldSha, targets: specOf(4001).targets },
      drift: [],
    });
  });

  it('shows a changed spec as drift, and update ends it', async () => {
    const claim = claimOf('shop-7');
    await driver.create(claim, specOf(4001), call);
    const before = await driver.observe(claim, specOf(4002, newSha), call);
    assert.ok(before.is === 'ready');
    assert.deepEqual(
      before.drift.map(({ field }) => field),
      ['revision', 'targets'],
    );
    await driver.update?.(claim, specOf(4002, newSha), call);
    const then = await driver.observe(claim, specOf(4002, newSha), call);
    assert.ok(then.is === 'ready');
    assert.deepEqual(then.drift, []);
    assert.equal(driver.targetFor('app-shop-7.localhost')?.port, 4002);
  });

  it('forgets a host that an update no longer names', async () => {
    await driver.create(claimOf('shop-7'), specOf(4001, oldSha, 'old.localhost'), call);
    await driver.update?.(claimOf('shop-7'), specOf(4001, oldSha, 'new.localhost'), call);
    assert.equal(driver.targetFor('old.localhost'), undefined);
    assert.equal(driver.targetFor('new.localhost')?.port, 4001);
  });

  it('keeps its routes over a restart', async () => {
    await driver.create(claimOf('shop-7'), specOf(4001), call);
    assert.equal((await open()).targetFor('app-shop-7.localhost')?.port, 4001);
  });

  it('is one resource however often and however at once it is created', async () => {
    await Promise.all([1, 2, 3].map(() => driver.create(claimOf('shop-7'), specOf(4001), call)));
    assert.deepEqual(await Array.fromAsync(driver.owned(call)), [claimOf('shop-7')]);
    assert.equal((await readdir(join(dataDir, 'routes'))).length, 1);
  });

  it('lets a higher generation win, and falls back when it goes', async () => {
    await driver.create(claimOf('shop-7', 2), specOf(4002, newSha), call);
    await driver.create(claimOf('shop-7', 1), specOf(4001), call);
    assert.equal(driver.targetFor('app-shop-7.localhost')?.port, 4002);
    await driver.destroy(claimOf('shop-7', 2), call);
    assert.equal(driver.targetFor('app-shop-7.localhost')?.port, 4001);
  });

  it('is gone at once after destroy, which may be repeated', async () => {
    await driver.create(claimOf('shop-7'), specOf(4001), call);
    await driver.destroy(claimOf('shop-7'), call);
    await driver.destroy(claimOf('shop-7'), call);
    assert.equal(driver.targetFor('app-shop-7.localhost'), undefined);
    assert.deepEqual(await driver.observe(claimOf('shop-7'), specOf(4001), call), { is: 'absent' });
    assert.deepEqual(await Array.fromAsync(driver.owned(call)), []);
  });

  it('sees a file that went behind its back as absent, and stops leading there', async () => {
    await driver.create(claimOf('shop-7'), specOf(4001), call);
    await rm(join(dataDir, 'routes', 'shop-7_route_1.json'));
    assert.deepEqual(await driver.observe(claimOf('shop-7'), specOf(4001), call), { is: 'absent' });
    assert.equal(driver.targetFor('app-shop-7.localhost'), undefined);
  });

  it('calls a damaged file broken, never an exception, and mends it by create', async () => {
    for (const text of ['', '{"revision":"', '{"revision":"x","targets":{}}', 'null']) {
      await writeFile(join(dataDir, 'routes', 'shop-7_route_1.json'), text);
      const reopened = await open();
      assert.equal((await reopened.observe(claimOf('shop-7'), specOf(4001), call)).is, 'broken');
      await reopened.create(claimOf('shop-7'), specOf(4001), call);
      assert.equal((await reopened.observe(claimOf('shop-7'), specOf(4001), call)).is, 'ready');
    }
  });

  it('owns only what bears our name', async () => {
    await driver.create(claimOf('shop-7'), specOf(4001), call);
    for (const stranger of ['notes.json', 'shop-7_route_1.json.77-1.new', 'shop-7_route_0.json', 'README']) {
      await writeFile(join(dataDir, 'routes', stranger), '{}');
    }
    assert.deepEqual(await Array.fromAsync((await open()).owned(call)), [claimOf('shop-7')]);
  });

  it('never gives the host of one environment to another', async () => {
    await driver.create(claimOf('shop-7'), specOf(4001), call);
    await assert.rejects(driver.create(claimOf('shop-8'), specOf(4002), call), { code: 'route/host-taken' });
    assert.equal(driver.targetFor('app-shop-7.localhost')?.environment, 'shop-7');
  });

  it('refuses a spec whose port never came', async () => {
    const spec = { revision: oldSha, targets: { app: { host: 'app.localhost', port: null } } };
    await assert.rejects(driver.create(claimOf('shop-7'), spec, call), { code: 'route/bad-spec' });
  });

  it('rejects when the call was aborted', async () => {
    const aborted = { signal: AbortSignal.abort(), log: silent };
    await assert.rejects(driver.create(claimOf('shop-7'), specOf(4001), aborted), { name: 'AbortError' });
    assert.deepEqual(await driver.observe(claimOf('shop-7'), specOf(4001), call), { is: 'absent' });
  });
});
