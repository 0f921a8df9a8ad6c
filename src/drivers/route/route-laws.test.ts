import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
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
    return {
      driver: await open(),
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
      settle: settleInRealTime(1_000),
      timeToSettleMs: 1_000,
      close: () => rm(dataDir, { recursive: true }),
    };
  },
});
