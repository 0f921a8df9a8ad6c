import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { cloneBytes } from './clone-bytes.ts';
import { findCloneMethod } from './clone-method.ts';
import { makeClone, removeClone } from './make-clone.ts';
import { makeDataFolder } from './subvolumes.ts';

const megabyte = 1024 ** 2;
const signal = new AbortController().signal;

for (const kind of ['xfs', 'btrfs'] as const) {
  const skip = noPool(kind);
  describe(`what a clone takes on ${kind}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk(kind, 800);
    const used = (): number => {
      execFileSync('sync', ['-f', disk.path]);
      // What XFS holds ready around each change for five minutes, and what btrfs deletes later on.
      if (kind === 'xfs') execFileSync('xfs_spaceman', ['-c', 'prealloc -s', disk.path]);
      else {
        execFileSync('mount', ['-o', 'remount,commit=1', disk.path]);
        execFileSync('btrfs', ['subvolume', 'sync', '-s', '1', disk.path], { stdio: 'ignore' });
      }
      const { blocks, bfree, bsize } = statfsSync(disk.path);
      return (blocks - bfree) * bsize;
    };

    test('is what it changed, as the file system itself counts, and all of it once the golden copy is gone', async () => {
      const from = join(disk.path, 'golden/data');
      const folder = join(disk.path, 'clone');
      await mkdir(join(disk.path, 'golden'));
      await mkdir(folder);
      await makeDataFolder(from);
      await writeFile(join(from, 'table'), Buffer.alloc(64 * megabyte, 'x'));
      const before = used();
      const method = await findCloneMethod(from, disk.path);
      await makeClone({ from, folder, method, signal });
      const file = await open(join(folder, 'data/table'), 'r+');
      // Here and there, as a server writes its pages.
      for (let at = 0; at < 512; at += 1) await file.write(Buffer.alloc(16 * 1024, 'y'), 0, 16 * 1024, at * 128 * 1024);
      await file.close();
      await writeFile(join(folder, 'data/new'), Buffer.alloc(4 * megabyte, 'z'));
      const taken = used() - before;
      const { own, counted } = await cloneBytes(folder, method);
      assert.equal(counted, 'extents');
      assert.ok(Math.abs(own - 12 * megabyte) < megabyte, `${own} bytes of its own`);
      assert.ok(Math.abs(taken - own) < 4 * megabyte, `${own} bytes of its own, ${taken} gone from the disk`);

      await removeClone(join(disk.path, 'golden'));
      used();
      const alone = await cloneBytes(folder, method);
      assert.ok(alone.own > 60 * megabyte, `${alone.own} bytes when nobody shares them`);
      await rm(folder, { recursive: true });
    });
  });
}
