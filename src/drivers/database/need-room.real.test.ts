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
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = room.whileCloning(about, () => promise);
    const shared = room.whileCloning({ ...about, method: 'reflink' }, async () => undefined);
    await assert.rejects(
      room.whileCloning(about, () => assert.fail('it is not begun')),
      { code: 'database/pool-full', message: /and 328\.\d MB are needed/ },
    );
    await shared;
    resolve();
    await first;
    const noSpace = Object.assign(new Error('write'), { code: 'ENOSPC' });
    await assert.rejects(
      room.whileCloning(about, () => Promise.reject(noSpace)),
      { code: 'database/pool-full' },
    );
    await rm(join(disk.path, 'filler'));
    await room.whileCloning(about, async () => undefined);
  });
});
