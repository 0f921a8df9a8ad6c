import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { cloneRoom } from './need-room.ts';

const megabyte = 1024 ** 2;

describe('room for clones', { skip: noPool('xfs') }, () => {
  const disk = suiteDisk('xfs', 500);

  test('two copies on their way at once do not get the same room, and what ends for want of it is said', async () => {
    const clones = join(disk.path, 'database-clones/default');
    const data = join(disk.path, 'golden');
    await mkdir(clones, { recursive: true });
    await writeFile(data, Buffer.alloc(100 * megabyte, 'x'));
    const { bavail, bsize } = await statfs(disk.path);
    execFileSync('fallocate', ['-l', `${Math.floor((bavail * bsize) / megabyte) - 280}M`, join(disk.path, 'filler')]);
    const room = cloneRoom();
    const about = { clones, data, method: 'copy' } as const;
    const held = Promise.withResolvers<void>();
    const begun: number[] = [];
    const copies = [1, 2].map((number) =>
      room.whileCloning(about, () => {
        begun.push(number);
        return held.promise;
      }),
    );
    const full = { code: 'database/pool-full', message: /and 328\.\d MB are needed/ };
    await assert.rejects(Promise.race(copies), full);
    await room.whileCloning({ ...about, method: 'reflink' }, async () => undefined);
    held.resolve();
    const ends = await Promise.allSettled(copies);
    assert.deepEqual([begun.length, ends.filter(({ status }) => status === 'fulfilled').length], [1, 1]);
    const noSpace = Object.assign(new Error('write'), { code: 'ENOSPC' });
    await assert.rejects(
      room.whileCloning(about, () => Promise.reject(noSpace)),
      { code: 'database/pool-full' },
    );
    await rm(join(disk.path, 'filler'));
    await room.whileCloning(about, async () => undefined);
  });
});
