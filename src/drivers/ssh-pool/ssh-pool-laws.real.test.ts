import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import { claimName } from '../../domain/claim.ts';
import { poolWorld } from './pool-test-world.ts';

describe('the driver of pools keeps the laws of resources', { skip: sshHostsMissing() }, () => {
  let made: ReturnType<typeof poolWorld> | undefined;
  let worlds = 0;
  const theWorld = (): ReturnType<typeof poolWorld> => {
    made ??= poolWorld(4);
    return made;
  };
  after(async () => (await made)?.close());

  resourceLaws({
    name: 'ssh pool',
    newWorld: async () => {
      const world = await theWorld();
      worlds += 1;
      const dataDir = join(world.folder, `data-${worlds}`);
      const driver = world.open({ dataDir });
      const stranger = `somebody-else ${claimName(aClaim())}`;
      return {
        driver,
        reopen: async () => {
          await driver.close();
          return world.open({ dataDir });
        },
        spec: { machine: 'rack', edition: 0, setup: { memoryDiskMb: 0 }, userData: 'one' },
        otherSpec: { machine: 'rack', edition: 1, setup: { memoryDiskMb: 0 }, userData: 'two' },
        strangers: {
          plant: () => world.mark(3, stranger),
          untouched: async () => (await world.marks())[3] === stranger,
        },
        deleteBehindBack: async (claim) => {
          const at = (await world.marks()).indexOf(`ours ${claimName(claim)}`);
          await world.mark(at, '');
        },
        halfMake: async (claim) => void (await mkdir(join(dataDir, 'ssh-pool', claimName(claim)), { recursive: true })),
        count: async (claim) => (await world.marks()).filter((mark) => mark === `ours ${claimName(claim)}`).length,
        troubles: [
          {
            what: 'a pool that is not there',
            remedy: 'fix-setup',
            provoke: () => driver.create(aClaim(), { machine: 'constructor' }, aCall()),
          },
        ],
        secrets: [world.hosts.key.reveal().split('\n')[1] ?? ''],
        many: 4,
        settle: settleInRealTime(20_000),
        timeToSettleMs: 20_000,
        close: async () => {
          await world.closeDrivers();
          for (const index of [0, 1, 2, 3]) await world.mark(index, '');
          await rm(dataDir, { recursive: true, force: true });
        },
      };
    },
  });
});
