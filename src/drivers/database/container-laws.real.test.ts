import assert from 'node:assert/strict';
import { existsSync, statfsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { ask } from '../../../testing/ask-database.ts';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { containerImages, type ImageEngine } from '../../../testing/container-images.ts';
import { databaseWorld } from '../../../testing/database-world.ts';
import { noServer, userCount } from '../../../testing/golden-database.ts';
import { docker, dockerLines } from '../../../testing/machine-bed/docker.ts';
import { noBed } from '../../../testing/machine-bed/no-bed.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { silentRegistry } from '../../../testing/silent-registry.ts';
import type { EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { mountedAt } from '../../kit/clone/mounts.ts';
import { networkName } from '../../kit/containers/private-network.ts';
import { unlessAborted } from '../../kit/one-at-a-time.ts';
import { lawsWorld } from './database-laws-test-world.ts';

const other = aClaim({ environment: 'shop-8' as EnvironmentId, role: 'db.3f9a2c1d' });

for (const [engine, kind] of [
  ['mariadb', 'xfs'],
  ['postgres', 'btrfs'],
] as const) {
  const skip = noBed || noServer(engine) || noPool(kind);
  describe(`databases of ${engine} whose servers are containers`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind);
    let images: Readonly<Record<ImageEngine, string>> | undefined;
    const container = (): string => images?.[engine] ?? assert.fail('images are built before');
    before(async () => {
      images = await containerImages();
    });

    resourceLaws({
      name: 'database driver keeps the laws of resources',
      newWorld: () => lawsWorld({ engine, disk, container: container() }),
    });

    test('each lets its own account in and no other, is on loopback alone, and leaves nothing', async (context) => {
      const world = await databaseWorld({ engine, disk, container: container() });
      context.after(() => world.close());
      const facts = await world.made();
      const fresh = withoutSource(world.spec(other));
      const others = await world.made(other, fresh);
      const password = world.passwordOf(world.claim);
      assert.deepEqual(await ask('SELECT COUNT(*) FROM users', { facts, password }), [String(userCount)]);
      await ask('CREATE TABLE mine (id INT)', { facts: others, password: world.passwordOf(other) });
      await assert.rejects(
        ask('SELECT 1', { facts, password: world.passwordOf(other) }),
        /denied|authentication failed/,
      );
      await assert.rejects(ask('SELECT 1', { facts: others, password }), /denied|authentication failed/);

      const network = networkName(world.instance);
      const names = await dockerLines(['ps', '--filter', `network=${network}`, '--format', '{{.Names}} {{.Ports}}']);
      assert.equal(names.length, 2);
      const published = names.flatMap((line) => line.split(/,? /).filter((one) => one.includes('->')));
      assert.equal(published.length, 2);
      for (const one of published) assert.match(one, /^127\.0\.0\.1:\d+->\d+\/tcp$/);
      // Containers of one network do not see each other either.
      const [asking = '', asked = ''] = names.map((line) => line.split(' ')[0] ?? '');
      const address = await docker([
        ...['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', asked],
      ]);
      const port = Number(asked === nameOf(names, facts['port']) ? facts['port'] : others['port']);
      const knock = `timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`;
      await assert.rejects(docker(['exec', asking, 'sh', '-c', knock]), 'it is not reached from another container');

      for (const claim of [world.claim, other]) await world.driver.destroy(claim, aCall());
      await world.until('absent');
      await world.until('absent', other, fresh);
      assert.deepEqual(
        await dockerLines(['ps', '--all', '--quiet', '--filter', `label=wizard.instance=${world.instance}`]),
        [],
      );
    });

    test('one whose image does not come is gone as soon as nobody wants it, and keeps no server from stopping', async (context) => {
      const registry = await silentRegistry();
      context.after(() => registry.close());
      const world = await databaseWorld({ engine, disk, container: registry.image });
      context.after(() => world.close());
      const fresh = withoutSource(world.spec(other));
      await world.driver.create(other, fresh, aCall());
      await registry.asked;
      assert.equal((await world.driver.observe(other, fresh, aCall())).is, 'arriving');
      await world.driver.destroy(other, aCall());
      const isGone = async () => (await world.driver.observe(other, fresh, aCall())).is === 'absent';
      // Docker itself gives up after a minute.
      await settleInRealTime(20_000)(isGone);
      await world.driver.create(other, fresh, aCall());
      await unlessAborted(world.driver.close(), AbortSignal.timeout(20_000));
    });

    test('one whose data directory is lost is ended with its container', async (context) => {
      const world = await databaseWorld({ engine, disk, container: container() });
      context.after(() => world.close());
      await world.made();
      const dataDir = join(world.dataDir, 'fresh');
      await world.reopen({ dataDir, golden: join(dataDir, 'golden-databases') });
      await world.settle(async () => (await world.processes()).length === 0);
      const label = `label=wizard.instance=${world.instance}`;
      assert.deepEqual(await dockerLines(['ps', '--all', '--quiet', '--filter', label]), []);
    });

    test('data in memory is what the server in the container works on', async (context) => {
      const world = await databaseWorld({ engine, disk, container: container(), memoryDiskMb: 256 });
      context.after(() => world.close());
      const facts = await world.made();
      const password = world.passwordOf(world.claim);
      const free = () => statfsSync(String(facts['path'])).bfree;
      const before = free();
      await ask('CREATE TABLE mine AS SELECT * FROM users', { facts, password });
      assert.equal(facts['method'], 'memory');
      assert.ok(free() < before);
      await world.driver.destroy(world.claim, aCall());
      await world.until('absent');
      assert.equal(await mountedAt(String(facts['path'])), undefined);
    });

    test('what a kill left of an empty database that was being made is taken away', async (context) => {
      const world = await databaseWorld({ engine, disk, container: container() });
      context.after(() => world.close());
      const half = join(world.golden, '.empty/.partial-01234567');
      await mkdir(half, { recursive: true });
      await writeFile(join(half, 'passwd'), '');
      const name = 'wizard-empty-partial-01234567';
      await docker(['run', '--detach', '--rm', `--name=${name}`, '--entrypoint=sleep', container(), '600']);
      await world.reopen();
      await world.settle(async () => !existsSync(half));
      assert.deepEqual(await dockerLines(['ps', '--all', '--quiet', '--filter', `name=${name}`]), []);
    });

    test('a version that the image does not have is said', async (context) => {
      const world = await databaseWorld({ engine, disk, container: container() });
      context.after(() => world.close());
      const fresh = { ...withoutSource(world.spec(other)), serverVersion: '9.1' };
      await world.driver.create(other, fresh, aCall());
      const seen = await world.until('broken', other, fresh);
      assert.ok(seen.is === 'broken' && seen.code === 'database/wrong-image' && seen.remedy === 'change-input');
    });
  });
}

const nameOf = (lines: readonly string[], port: unknown): string | undefined =>
  lines.find((line) => line.includes(`127.0.0.1:${String(port)}->`))?.split(' ')[0];

const withoutSource = ({ source: _, ...spec }: JsonObject): JsonObject => ({ ...spec, version: '', database: 'fresh' });
