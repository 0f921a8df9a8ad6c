import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { sshHostsMissing } from '../../../testing/ssh-hosts.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import { servicesWorld } from './services-test-world.ts';

describe('the driver of machine services keeps the laws of resources', { skip: sshHostsMissing() }, () => {
  let made: ReturnType<typeof servicesWorld> | undefined;
  let worlds = 0;
  const theWorld = (): ReturnType<typeof servicesWorld> => {
    made ??= servicesWorld();
    return made;
  };
  after(async () => (await made)?.close());

  resourceLaws({
    name: 'machine services',
    newWorld: async () => {
      const world = await theWorld();
      worlds += 1;
      const dataDir = join(world.dataDir, `data-${worlds}`);
      const root = join(dataDir, 'machine-services');
      // One machine stands for all of them: each claim has its own name for the run by user-data.
      const spec = (claim: Claim) =>
        world.spec({
          machineClaim: `${claimName(claim)}-machine`,
          files: { 'mysql.dump': { PASSWORD: { secret: 'db' }, PLAIN: "it's $HOME" } },
        });
      const driver = world.open(dataDir);
      return {
        driver,
        reopen: async () => {
          await driver.close();
          return world.open(dataDir);
        },
        spec,
        otherSpec: (claim: Claim) => ({ ...spec(claim), files: { 'mysql.dump': { PLAIN: 'another' } } }),
        strangers: {
          plant: async () => {
            await mkdir(join(root, 'somebody'), { recursive: true });
            await writeFile(join(root, 'somebody', 'note'), 'mine');
            await world.host.inside(
              'mkdir -p /run/shining-wizard; echo running 0 >/run/shining-wizard/other_web_1.state',
            );
          },
          untouched: async () =>
            (await readdir(join(root, 'somebody'))).length === 1 &&
            (await world.host.inside('cat /run/shining-wizard/other_web_1.state')) === 'running 0\n',
        },
        deleteBehindBack: async () => world.host.reboot(),
        halfMake: async (claim) => void (await mkdir(join(root, claimName(claim)), { recursive: true })),
        count: async (claim) =>
          (await readdir(root).catch(() => [])).filter((name) => name === claimName(claim)).length,
        troubles: [
          {
            what: 'a secret that is not there',
            remedy: 'fix-setup',
            provoke: () =>
              driver.create(
                aClaim(),
                { ...spec(aClaim()), files: { 'a.env': { X: { secret: 'constructor' } } } },
                aCall(),
              ),
          },
          {
            what: 'a value of two lines',
            remedy: 'change-input',
            provoke: () => driver.create(aClaim(), { ...spec(aClaim()), files: { 'a.env': { X: 'a\nB=c' } } }, aCall()),
          },
        ],
        secrets: [world.password],
        settle: settleInRealTime(15_000),
        timeToSettleMs: 15_000,
        close: async () => {
          await world.closeDrivers();
          await world.host.reboot();
          await rm(dataDir, { recursive: true, force: true });
        },
      };
    },
  });
});
