import { describe } from 'node:test';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { noServer } from '../../../testing/golden-database.ts';
import { noPool, suiteDisk } from '../../../testing/pool-disk.ts';
import { lawsWorld } from './database-laws-test-world.ts';

const skip = noServer('mariadb') || noPool('xfs');

for (const [where, memory] of [
  ['on XFS', {}],
  ['in memory', { memoryDiskMb: 192 }],
] as const)
  describe(`MariaDB ${where}`, { skip }, () => {
    if (skip) return;
    const disk = suiteDisk('xfs', 4000);
    resourceLaws({
      name: 'database driver keeps the laws of resources',
      newWorld: () => lawsWorld({ engine: 'mariadb', disk, ...memory }),
    });
  });
