import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { noPool, poolDisk } from '../../../testing/pool-disk.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { findCloneMethod } from '../clone/clone-method.ts';
import { mountedAt, unmount } from '../clone/mounts.ts';
import { mountOverlay } from '../clone/overlay.ts';
import { createPool } from './create-pool.ts';
import { openPool } from './hold-pool.ts';
import { mountPool } from './mount-pool.ts';
import { poolPlaces } from './pool-places.ts';
import { removePool, unmountPool } from './remove-pool.ts';
import { viewCloning } from './view-pool.ts';

const megabyte = 1024 ** 2;
const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const leastConfig = `listen: { api: 127.0.0.1:0, gateway: 127.0.0.1:0 }
api-token: a-token-of-the-test
code-hosts:
  folder: { kind: repository-folder, path: ./code, webhook-secret: a-secret-of-the-test }
repositories:
  - { name: acme/shop, recipe-from: head }
`;
const said: string[] = [];
const about = {
  bytes: 600 * megabyte,
  signal: new AbortController().signal,
  say: (what: string) => void said.push(what),
};

/** A data directory with a golden copy of another user, and one half baked. */
async function dataDirectory(context: TestContext): Promise<string> {
  const disk = poolDisk('plain');
  context.after(async () => {
    await unmount(join(disk.path, 'database-clones/default/0123456789ab/data'));
    await unmount(join(disk.path, 'pool'));
    disk.close();
  });
  await addGolden(disk.path, '1');
  await mkdir(join(disk.path, 'golden-databases/staging/2/data'), { recursive: true });
  await mkdir(join(disk.path, 'golden-databases/.baking-staging'));
  return disk.path;
}

async function addGolden(dataDir: string, version: string): Promise<void> {
  const golden = join(dataDir, 'golden-databases/staging', version);
  await mkdir(join(golden, 'data'), { recursive: true });
  await writeFile(join(golden, 'data/users.ibd'), `alice of ${version}\n`);
  await chown(join(golden, 'data/users.ibd'), 105, 108);
  await writeFile(join(golden, 'manifest.json'), '{}');
}

const isLink = async (path: string): Promise<boolean> => (await lstat(path)).isSymbolicLink();
const textOf = (dataDir: string, version = '1'): Promise<string> =>
  readFile(join(dataDir, 'golden-databases/staging', version, 'data/users.ibd'), 'utf8');

describe('a pool in a file', { skip: noPool('xfs') }, () => {
  test('takes in the golden copies that are there, is made once, and is mounted again', async (context) => {
    const dataDir = await dataDirectory(context);
    const { golden, mount, image, before } = poolPlaces(dataDir);
    assert.equal(await mountPool(dataDir), 'none');
    assert.notEqual((await viewCloning(dataDir)).method, 'reflink');

    assert.equal(await createPool(dataDir, about), 'made');
    assert.ok(said.some((what) => what.startsWith('copying staging/1, ')));
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    assert.equal((await stat(join(golden, 'staging/1/data/users.ibd'))).uid, 105);
    assert.deepEqual(await readdir(golden), ['staging']);
    assert.deepEqual(await readdir(join(golden, 'staging')), ['1']);
    assert.equal(await findCloneMethod(join(golden, 'staging/1/data'), join(mount, 'clones')), 'reflink');
    assert.ok((await stat(image)).blocks * 512 >= about.bytes, 'it has all of its room');
    assert.ok(await isLink(golden));
    assert.ok(!existsSync(before));
    const { method, pool } = await viewCloning(dataDir);
    assert.equal(method, 'reflink');
    assert.ok(pool?.size === about.bytes && (pool.free ?? 0) > 400 * megabyte && (pool.used ?? 0) > 0);

    assert.equal(await createPool(dataDir, about), 'there');
    await unmountPool(dataDir);
    assert.equal(await mountedAt(mount), undefined);
    const hold = await openPool(dataDir, silentLog());
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    assert.equal(await mountPool(dataDir), 'already');
    hold.close();
  });

  test('a sparse one takes little room, and gives back what was deleted in it', async (context) => {
    const dataDir = await dataDirectory(context);
    const { image, mount } = poolPlaces(dataDir);
    await createPool(dataDir, { ...about, sparse: true });
    assert.ok((await stat(image)).blocks * 512 < about.bytes / 4);
    const taken = async (): Promise<number> => {
      execFileSync('sync', ['-f', mount]);
      return (await stat(image)).blocks * 512;
    };
    const before = await taken();
    await writeFile(join(mount, 'big'), Buffer.alloc(100 * megabyte, 'x'));
    assert.ok((await taken()) > before + 90 * megabyte);
    await rm(join(mount, 'big'));
    await settleInRealTime(20_000)(async () => (await taken()) < before + 30 * megabyte);
  });

  test('belongs to the user of the data directory, who clones in it without being root, but cannot mount it', async (context) => {
    const dataDir = await dataDirectory(context);
    const nobody = 65_534;
    await chmod(dirname(dataDir), 0o755);
    execFileSync('chown', ['-R', `${nobody}:${nobody}`, dataDir]);
    await writeFile(join(dirname(dataDir), 'wizard.yml'), `data-directory: ${dataDir}\n`);
    await createPool(dataDir, about);
    const { mount, inPool, lock, golden } = poolPlaces(dataDir);
    for (const path of [mount, inPool, lock, join(golden, 'staging/1/data/users.ibd')])
      assert.equal((await stat(path)).uid, nobody, path);
    const asNobody = (...words: string[]): string =>
      spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main, ...words], {
        cwd: dirname(dataDir),
        encoding: 'utf8',
      }).output.join('');
    assert.match(asNobody('data', 'pool'), /Method +reflink/);
    assert.match(asNobody('data', 'pool', 'remove'), /removing the pool: only root may\nRun it as root/);
    await unmountPool(dataDir);
    await writeFile(join(dirname(dataDir), 'wizard.yml'), `instance: x\ndata-directory: ${dataDir}\n${leastConfig}`);
    assert.match(asNobody('serve'), /mounting the pool .*: only root may\nAs root: mount -o .* \/etc\/fstab/);
  });

  test('is made larger while it is used, never smaller', async (context) => {
    const dataDir = await dataDirectory(context);
    await createPool(dataDir, about);
    const hold = await openPool(dataDir, silentLog());
    context.after(() => hold.close());
    const free = (await viewCloning(dataDir)).pool?.free ?? 0;
    assert.equal(await createPool(dataDir, { ...about, bytes: 900 * megabyte }), 'grown');
    assert.ok(((await viewCloning(dataDir)).pool?.free ?? 0) > free + 250 * megabyte);
    await assert.rejects(createPool(dataDir, about), { code: 'clone/pool-size' });
  });

  test('may lie on another disk; a file that is there is never taken', async (context) => {
    const dataDir = await dataDirectory(context);
    const { image } = poolPlaces(dataDir);
    const other = join(dataDir, 'other-disk');
    await mkdir(other);
    await writeFile(join(other, 'wizard-pool.xfs'), 'of somebody');
    await assert.rejects(createPool(dataDir, { ...about, path: other }), { code: 'clone/pool-size' });
    assert.equal(await readFile(join(other, 'wizard-pool.xfs'), 'utf8'), 'of somebody');
    await rm(join(other, 'wizard-pool.xfs'));
    // Killed while it was formatted, and before its last name.
    for (const link of [`${image}.partial`, image]) {
      await writeFile(join(other, 'wizard-pool.xfs.partial'), 'half');
      await symlink(join(other, 'wizard-pool.xfs'), link);
      assert.equal(await mountPool(dataDir), 'none');
      assert.deepEqual(await readdir(other), []);
    }
    await createPool(dataDir, { ...about, path: other });
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    assert.equal(await removePool(dataDir, about), true);
    assert.deepEqual(await readdir(other), []);
  });

  test('is not made where it does not fit, nor while a server runs', async (context) => {
    const dataDir = await dataDirectory(context);
    for (const bytes of [10 * megabyte, 1024 ** 5])
      await assert.rejects(createPool(dataDir, { ...about, bytes }), { code: 'clone/pool-size' });
    const server = await openPool(dataDir, silentLog());
    await assert.rejects(createPool(dataDir, about), { code: 'clone/pool-busy' });
    await assert.rejects(removePool(dataDir, about), { code: 'clone/pool-busy' });
    server.close();
    assert.deepEqual((await readdir(dataDir)).sort(), ['golden-databases', 'pool.lock']);
  });

  test('is removed with nothing lost, but not while a clone lies in it', async (context) => {
    const dataDir = await dataDirectory(context);
    await createPool(dataDir, about);
    const clone = join(dataDir, 'pool/database-clones/default/0123456789ab');
    await mkdir(clone, { recursive: true });
    await assert.rejects(removePool(dataDir, about), { code: 'clone/pool-in-use' });
    await rm(clone, { recursive: true });
    await addGolden(dataDir, '3');
    assert.equal(await removePool(dataDir, about), true);
    assert.equal(await removePool(dataDir, about), false);
    assert.equal(await textOf(dataDir, '3'), 'alice of 3\n');
    assert.equal((await stat(join(dataDir, 'golden-databases/staging/1/data/users.ibd'))).uid, 105);
    assert.deepEqual((await readdir(dataDir)).sort(), ['golden-databases', 'pool.lock']);
  });

  test('wherever its making was cut short, golden copies are there, and repeating it ends it', async (context) => {
    const dataDir = await dataDirectory(context);
    const { golden, image, before, inPool, files } = poolPlaces(dataDir);
    // While it was formatted.
    await writeFile(`${image}.partial`, 'half');
    assert.equal(await mountPool(dataDir), 'none');
    // While copies were copied.
    await createPool(dataDir, about);
    await rm(golden);
    await rm(join(inPool, 'staging/1'), { recursive: true });
    await mkdir(join(inPool, 'staging/.partial-1'));
    await addGolden(dataDir, '1');
    await unmountPool(dataDir);
    assert.equal(await mountPool(dataDir), 'now');
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    assert.equal((await viewCloning(dataDir)).pool?.complete, false);
    assert.ok(!(await isLink(golden)), 'the old ones are used until all is there');
    assert.equal(await createPool(dataDir, about), 'made');
    // Between the two names.
    await rm(golden);
    await mkdir(before);
    await mountPool(dataDir);
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    assert.ok(await isLink(golden));
    assert.ok(!existsSync(before));
    // Between the link and what was copied of files.
    await mkdir(join(files, 'uploads/1'), { recursive: true });
    await mountPool(dataDir);
    assert.deepEqual((await readdir(dataDir)).sort(), ['golden-databases', 'pool', 'pool.lock', 'pool.xfs']);
  });

  test('wherever its removal was cut short, golden copies are there, and repeating it ends it', async (context) => {
    const dataDir = await dataDirectory(context);
    const { golden, after } = poolPlaces(dataDir);
    await createPool(dataDir, about);
    await mkdir(join(after, 'staging'), { recursive: true });
    await mountPool(dataDir);
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    assert.ok(!existsSync(after), 'what was half copied is not used');
    // Between the link and the name.
    await rm(golden);
    await rename(join(dataDir, 'pool/golden-databases'), join(dataDir, 'pool/was'));
    execFileSync('cp', ['-a', join(dataDir, 'pool/was'), after]);
    await mountPool(dataDir);
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    assert.equal(await removePool(dataDir, about), true);
    assert.equal(await textOf(dataDir), 'alice of 1\n');
  });

  test('a database that is laid over a golden copy keeps reading it', async (context) => {
    const dataDir = await dataDirectory(context);
    const { golden, before } = poolPlaces(dataDir);
    const clone = join(dataDir, 'database-clones/default/0123456789ab');
    await mkdir(clone, { recursive: true });
    await mountOverlay(join(golden, 'staging/1/data'), clone);
    await createPool(dataDir, about);
    assert.equal(await readFile(join(clone, 'data/users.ibd'), 'utf8'), 'alice of 1\n');
    assert.ok(existsSync(before));
    await unmount(join(clone, 'data'));
    await mountPool(dataDir);
    assert.ok(!existsSync(before));
    await mountOverlay(join(golden, 'staging/1/data'), clone);
    assert.equal(await readFile(join(clone, 'data/users.ibd'), 'utf8'), 'alice of 1\n');
  });

  test('one that cannot be mounted stops the server only when golden copies lie in it', async (context) => {
    const dataDir = await dataDirectory(context);
    const { golden, image, mount } = poolPlaces(dataDir);
    await writeFile(mount, 'in the way');
    await assert.rejects(createPool(dataDir, about));
    assert.ok(!existsSync(image), 'what could not be used is not kept');
    await rm(mount);
    await writeFile(image, 'no file system');
    (await openPool(dataDir, silentLog())).close();
    assert.equal(await textOf(dataDir), 'alice of 1\n');
    await rm(golden, { recursive: true });
    await symlink('pool/golden-databases', golden);
    await assert.rejects(openPool(dataDir, silentLog()), { code: 'clone/no-pool' });
  });

  test('a pool whose file is gone is said, and not taken for one without golden copies', async (context) => {
    const dataDir = await dataDirectory(context);
    const { golden } = poolPlaces(dataDir);
    await rm(golden, { recursive: true });
    await symlink('pool/golden-databases', golden);
    await assert.rejects(openPool(dataDir, silentLog()), { code: 'clone/pool-lost' });
  });
});
