import { describe } from 'node:test';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { noServer } from '../../../testing/golden-database.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { lawsWorld } from './database-laws-test-world.ts';

const skip = noServer('postgres') || noPool('btrfs');

describe('PostgreSQL on btrfs', { skip }, () => {
  if (skip) return;
  const disk = suiteDisk('btrfs', 4000);
  resourceLaws({
    name: 'database driver keeps the laws of resources',
    newWorld: () => lawsWorld({ engine: 'postgres', disk }),
  });
});
