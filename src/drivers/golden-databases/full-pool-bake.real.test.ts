import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { goldenManifestOf } from '../../kit/golden/golden-manifest.ts';
import { goldenWorld, noServer, realEngines } from './golden-test-world.ts';

const megabyte = 1024 ** 2;

for (const engine of realEngines) {
  const skip = noServer(engine) || noPool('xfs');
  describe(`a bake of ${engine} where little room is left`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk('xfs', 1200);

    test('does not begin and says why, and the copy before stays in use', async () => {
      const world = await goldenWorld(engine, disk.path);
      try {
        const { version } = await world.bake();
        const { bavail, bsize } = statfsSync(world.folder);
        const filler = join(world.folder, 'filler');
        execFileSync('fallocate', ['-l', `${Math.floor((bavail * bsize) / megabyte) - 400}M`, filler]);
        execFileSync('sync', ['-f', filler]);
        await assert.rejects(world.bake({}, { stamp: '20260202T000000Z' }), {
          code: 'database/pool-full',
          message: /^baking staging: only [0-9.]+ MB are free where clones lie, and 512\.0 MB are needed/,
        });
        assert.deepEqual(world.left(), []);
        assert.ok(await goldenManifestOf(world.root, 'staging', version));
        rmSync(filler);
        execFileSync('sync', ['-f', world.folder]);
        await world.bake({}, { stamp: '20260303T000000Z' });
      } finally {
        await world.close();
      }
    });
  });
}
