import assert from 'node:assert/strict';
import { chown, lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { noPool, poolDisk } from '../../../testing/pool-disk.ts';
import { findCloneMethod } from './clone-method.ts';
import { mountedAt } from './mounts.ts';
import { createPool, mountPool, unmountPool } from './pool.ts';

const signal = new AbortController().signal;
const bytes = 400 * 1024 ** 2;

test('a pool takes in the golden copies that are there, is made once, and is mounted again', {
  skip: noPool('xfs'),
}, async (context) => {
  const disk = poolDisk('plain');
  context.after(async () => {
    await unmountPool(disk.path);
    disk.close();
  });
  const golden = join(disk.path, 'golden-databases/staging/1');
  await mkdir(join(golden, 'data'), { recursive: true });
  await writeFile(join(golden, 'data/users.ibd'), 'alice\n');
  await chown(join(golden, 'data/users.ibd'), 105, 108);
  await writeFile(join(golden, 'manifest.json'), '{}');
  // Half baked: no manifest.
  await mkdir(join(disk.path, 'golden-databases/staging/2/data'), { recursive: true });
  assert.equal(await mountPool(disk.path), false, 'nothing to mount yet');
  assert.notEqual(await findCloneMethod(join(golden, 'data'), join(disk.path, 'clones')), 'reflink');

  await createPool(disk.path, { bytes, signal });
  assert.equal(await readFile(join(golden, 'data/users.ibd'), 'utf8'), 'alice\n');
  assert.equal((await stat(join(golden, 'data/users.ibd'))).uid, 105);
  assert.deepEqual(await readdir(join(disk.path, 'golden-databases/staging')), ['1']);
  assert.equal(await findCloneMethod(join(golden, 'data'), join(disk.path, 'pool/database-clones')), 'reflink');
  assert.ok(
    (await stat(join(disk.path, 'pool.xfs'))).blocks * 512 < bytes / 4,
    'it takes little room while it is empty',
  );
  assert.ok((await lstat(join(disk.path, 'golden-databases'))).isSymbolicLink());

  await createPool(disk.path, { bytes, signal });
  await unmountPool(disk.path);
  assert.equal(await mountedAt(join(disk.path, 'pool')), undefined);
  assert.equal(await mountPool(disk.path), true);
  assert.equal(await mountPool(disk.path), true);
  assert.equal(await readFile(join(golden, 'data/users.ibd'), 'utf8'), 'alice\n');
});
