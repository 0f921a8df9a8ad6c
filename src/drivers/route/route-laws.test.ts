import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type Claim, claimName, type EnvironmentId } from '../../domain/claim.ts';
import { openRouteDriver, type RouteDriver } from './route-driver.ts';

const specFor =
  (port: number) =>
  ({ environment, role }: Claim) => ({
    revision: 'a'.repeat(40),
    targets: { app: { host: `${role.replaceAll('.', '-')}-${environment}.preview.example`.replace(/^-+/, ''), port } },
  });

resourceLaws({
  name: 'route',
  newWorld: async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'wizard-route-laws-'));
    const folder = join(dataDir, 'routes');
    const open = (): Promise<RouteDriver> =>
      openRouteDriver({ dataDir, shared: { changed: () => undefined }, log: silentLog() });
    const pathOf = (claim: Claim): string => join(folder, `${claimName(claim)}.json`);
    const note = join(folder, 'note.json');
    const driver = await open();
    return {
      driver,
      reopen: open,
      role: 'route',
      spec: specFor(4001),
      otherSpec: specFor(4002),
      strangers: {
        plant: async () => {
          await mkdir(folder, { recursive: true });
          await writeFile(note, 'mine');
        },
        untouched: async () => (await readFile(note, 'utf8')) === 'mine',
      },
      deleteBehindBack: (claim) => rm(pathOf(claim)),
      halfMake: (claim) => writeFile(pathOf(claim), '{"revision":"aa'),
      count: async (claim) => (await readdir(folder)).filter((name) => name.startsWith(claimName(claim))).length,
      troubles: [
        {
          what: 'a host that belongs to another',
          remedy: 'try-again',
          provoke: async () => {
            const theirs = specFor(4001)(aClaim());
            await driver.create(aClaim(), theirs, aCall());
            await driver.create(aClaim({ environment: 'other-9' as EnvironmentId }), theirs, aCall());
          },
        },
        { what: 'a spec of another kind', remedy: 'report-bug', provoke: () => driver.create(aClaim(), {}, aCall()) },
        {
          what: 'a folder that cannot be written',
          remedy: 'fix-setup',
          provoke: async () => {
            await rm(folder, { recursive: true });
            await writeFile(folder, 'not a folder');
            await driver.create(aClaim({ generation: 2 }), specFor(4003)(aClaim()), aCall());
          },
        },
      ],
      settle: settleInRealTime(1_000),
      timeToSettleMs: 1_000,
      close: () => rm(dataDir, { recursive: true }),
    };
  },
});
