import { after, describe } from 'node:test';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { noServer } from '../../../testing/golden-database.ts';
import { noPool, poolDisk } from '../../../testing/pool-disk.ts';
import { lawsWorld } from './database-laws-test-world.ts';

const skip = noServer('mariadb') || noPool('xfs');

describe('MariaDB on XFS', { skip }, () => {
  if (skip) return;
  const disk = poolDisk('xfs', 4000);
  after(() => disk.close());
  resourceLaws({
    name: 'database driver keeps the laws of resources',
    newWorld: () => lawsWorld({ engine: 'mariadb', disk }),
  });
});
