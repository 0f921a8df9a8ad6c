import { after, describe, test } from 'node:test';
import { realEngines } from '../src/drivers/golden-databases/golden-test-world.ts';
import { bakeAndClone } from './bake-and-clone.ts';
import { containerImages } from './container-images.ts';
import { noServer } from './golden-database.ts';
import { noBed } from './machine-bed/no-bed.ts';
import { noPool, poolDisk } from './pool-disk.ts';

for (const engine of realEngines) {
  const skip = noBed || noServer(engine) || noPool('xfs');
  describe(`a database of ${engine} that an image's server baked, and serves`, { skip }, () => {
    if (skip) return;
    const disk = poolDisk('xfs', 3000);
    after(() => disk.close());

    test('has staging’s rows, masked, and its application may change all of them', async () =>
      bakeAndClone(engine, disk, (await containerImages())[engine]));
  });
}
