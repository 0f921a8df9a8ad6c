import { after, describe, test } from 'node:test';
import { realEngines } from '../src/drivers/golden-databases/golden-test-world.ts';
import { bakeAndClone } from './bake-and-clone.ts';
import { noServer } from './golden-database.ts';
import { noPool, poolDisk } from './pool-disk.ts';

for (const engine of realEngines) {
  const skip = noServer(engine) || noPool('xfs');
  describe(`an environment's database of ${engine} over a copy that was baked`, { skip }, () => {
    if (skip) return;
    const disk = poolDisk('xfs', 3000);
    after(() => disk.close());

    test('has staging’s rows, masked, and its application may change all of them', () => bakeAndClone(engine, disk));
  });
}
