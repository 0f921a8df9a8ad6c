import assert from 'node:assert/strict';
import { appendFile, chmod, lstat, mkdir, readdir, readFile, readlink, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { aCall } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { dataWorld, treeHash } from '../../../testing/data-world.ts';
import { canReflink } from '../../kit/copy-tree.ts';

resourceLaws({ name: 'data-files keeps the laws of resources', newWorld: () => dataWorld() });

describe('data-files', () => {
  test('a clone holds the loaded data, is writable, and says how it was made', async () => {
    await using world = await dataWorld();
    const path = await world.made();
    assert.equal(await readFile(join(path, 'tables/users'), 'utf8'), 'alice\n');
    assert.equal(await readlink(join(path, 'link')), 'tables/users');
    for (const name of ['', 'tables', 'tables/users'])
      assert.notEqual((await lstat(join(path, name))).mode & 0o200, 0, name);
    const seen = await world.driver.observe(world.claim, world.spec, aCall());
    assert.ok(seen.is === 'ready');
    const { how, ...facts } = seen.facts;
    assert.deepEqual(facts, { path, version: world.spec['version'], edition: 0 });
    // By a small file, whatever the disk of temporary files can do; the pool's test knows which it is.
    assert.equal(how, (await canReflink(world.root, world.root)) ? 'reflink' : 'copy');
  });

  test('clones do not share writes, and the golden copy is never written', async () => {
    await using world = await dataWorld();
    const other = world.claimOf('data.00000002');
    const paths = [await world.made(), await world.made(world.spec, other)];
    const before = await treeHash(world.golden());
    await appendFile(join(paths[0] ?? '', 'tables/users'), 'mallory\n');
    await appendFile(join(paths[0] ?? '', 'link'), 'through the link\n');
    await rm(join(paths[0] ?? '', 'link'));
    assert.equal(await readFile(join(paths[1] ?? '', 'tables/users'), 'utf8'), 'alice\n');
    assert.equal(await treeHash(world.golden()), before);
    for (const name of ['files', 'files/tables', 'files/tables/users'])
      assert.equal((await lstat(join(world.golden(), name))).mode & 0o222, 0, `${name} is read-only`);
  });

  test('many that ask at once wait for one load', async () => {
    await using world = await dataWorld();
    const claims = Array.from({ length: 5 }, (_, index) => world.claimOf(`data.0000000${index}`));
    await Promise.all(claims.map((claim) => world.driver.create(claim, world.spec, aCall())));
    for (const claim of claims) await world.until('ready', world.spec, claim);
    assert.equal(await world.runs(), 1);
  });

  test('a restarted server uses the golden copy that is there', async () => {
    await using world = await dataWorld();
    await world.made();
    const driver = await world.reopen();
    await driver.create(world.claimOf('data.00000002'), world.spec, aCall());
    await world.until('ready', world.spec, world.claimOf('data.00000002'));
    assert.equal(await world.runs(), 1);
  });

  test('a corrupt dump is for the operator, with the last lines, and leaves no golden copy; the next create tries again', async () => {
    await using world = await dataWorld();
    await writeFile(world.dump, 'corrupt\n');
    const corrupt = await world.present();
    await world.driver.create(world.claim, corrupt, aCall());
    const seen = await world.until('broken', corrupt);
    assert.ok(seen.is === 'broken');
    assert.equal(seen.remedy, 'fix-setup');
    assert.deepEqual(seen.lastLines, ['reading the dump', 'line 1: not a dump']);
    assert.deepEqual(await readdir(join(world.dataDir, 'golden/staging')), []);
    await world.driver.create(world.claim, corrupt, aCall());
    await world.until('broken', corrupt);
    assert.equal(await world.runs(), 2);
    await writeFile(world.dump, 'bob\n');
    const repaired = await world.present();
    assert.notEqual(repaired['version'], corrupt['version']);
    const path = await world.made(repaired, world.claimOf('data.00000002'));
    assert.equal(await readFile(join(path, 'tables/users'), 'utf8'), 'bob\n');
  });

  test('data with a link that leads out of it is refused: a clone would write through it', async () => {
    await using world = await dataWorld();
    await writeFile(world.dump, 'escape\n');
    const escaping = await world.present();
    await world.driver.create(world.claim, escaping, aCall());
    const seen = await world.until('broken', escaping);
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
    assert.match(seen.note, /leads out/);
  });

  test('what a killed load left is neither used nor kept', async () => {
    await using world = await dataWorld();
    const half = join(world.dataDir, 'golden/staging', `.partial-${String(world.spec['version'])}-0123abcd`);
    await mkdir(join(half, 'files'), { recursive: true });
    await writeFile(join(half, 'files/users'), 'half');
    await chmod(join(half, 'files'), 0o500);
    const path = await world.made();
    assert.deepEqual((await readdir(path)).sort(), ['link', 'tables']);
    assert.deepEqual(await readdir(join(world.dataDir, 'golden/staging')), [world.spec['version']]);
  });

  test('a version that is no longer to be had needs another plan; one that has a golden copy is still to be had', async () => {
    await using world = await dataWorld();
    const old = world.spec;
    await world.made(old);
    await writeFile(world.dump, 'bob\n');
    await world.made(old, world.claimOf('data.00000002'));
    const never = { ...old, version: 'abcd' };
    await world.driver.create(world.claimOf('data.00000003'), never, aCall());
    const seen = await world.until('broken', never, world.claimOf('data.00000003'));
    assert.ok(seen.is === 'broken' && seen.remedy === 'change-input');
  });

  test('destroying what waits for a load ends the load when nobody else waits', async () => {
    const script =
      'require("fs").writeFileSync(process.env.WIZARD_DUMP + ".pid", String(process.pid)); setInterval(() => {}, 1000)';
    await using world = await dataWorld((directory) => ({
      endless: { dump: join(directory, 'staging.dump'), load: [process.execPath, '-e', script] },
    }));
    const spec = await world.present('endless');
    await world.driver.create(world.claim, spec, aCall());
    const pid = async (): Promise<number> => Number(await readFile(`${world.dump}.pid`, 'utf8').catch(() => ''));
    await world.settle(async () => (await pid()) > 0);
    await world.driver.destroy(world.claim, aCall());
    await world.until('absent', spec);
    const started = await pid();
    await world.settle(async () => !isAlive(started));
    await world.settle(async () => (await readdir(join(world.dataDir, 'golden/endless'))).length === 0);
  });

  test('a directory is copied as it is, and a dump alone is the one file', async () => {
    await using world = await dataWorld((directory) => ({
      folder: { directory: join(directory, 'seed') },
      sqlite: { dump: join(directory, 'staging.dump') },
    }));
    await mkdir(join(world.directory, 'seed/deep'), { recursive: true });
    await writeFile(join(world.directory, 'seed/deep/file'), 'x');
    const folder = await world.made(await world.present('folder'));
    assert.equal(await readFile(join(folder, 'deep/file'), 'utf8'), 'x');
    const sqlite = await world.made(await world.present('sqlite'), world.claimOf('data.00000002'));
    assert.deepEqual(await readdir(sqlite), ['staging.dump']);
  });

  test('versions follow the content of a small dump, and outlive a dump that is away for a while', async () => {
    await using world = await dataWorld((directory) => ({ gone: { dump: join(directory, 'nothing') } }));
    const first = await world.versions();
    assert.equal(first['gone'], 'unreadable');
    await utimes(world.dump, 1, 1);
    assert.deepEqual(await world.versions(), first, 'touched is not changed');
    await world.made();
    await rm(world.dump);
    assert.deepEqual(await world.versions(), first, 'the newest golden copy counts');
    await writeFile(world.dump, 'bob\n');
    assert.notEqual((await world.versions())['staging'], first['staging']);
  });

  test('a dump that is not there is for the operator', async () => {
    await using world = await dataWorld((directory) => ({ gone: { dump: join(directory, 'nothing') } }));
    const spec = await world.present('gone');
    await world.driver.create(world.claim, spec, aCall());
    const seen = await world.until('broken', spec);
    assert.ok(seen.is === 'broken' && seen.remedy === 'fix-setup');
  });

  test('pruning keeps the newest two and what clones were made from', async () => {
    await using world = await dataWorld();
    const used = world.spec;
    await world.made(used);
    const versions = [used['version']];
    for (const name of ['b', 'c', 'd']) {
      await writeFile(world.dump, name);
      const spec = await world.present();
      versions.push(spec['version']);
      const claim = world.claimOf(`data.0000000${name}`);
      await world.made(spec, claim);
      await world.driver.destroy(claim, aCall());
      await world.until('absent', spec, claim);
    }
    assert.deepEqual(await world.driver.goldenInUse(), [{ source: 'staging', version: used['version'] }]);
    assert.deepEqual(await world.driver.prune(), [{ source: 'staging', version: versions[1] }]);
    const left = (await readdir(join(world.dataDir, 'golden/staging'))).filter((name) => !name.startsWith('.'));
    assert.deepEqual(left.sort(), [versions[0], versions[2], versions[3]].sort());
    assert.deepEqual(await world.driver.prune(), []);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
