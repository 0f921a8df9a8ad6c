import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aCall, aClaim, aSha } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { httpTarget } from '../../../testing/http-target.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import { systemClock } from '../../kit/clock.ts';
import { type HttpCheck, httpCheck } from './http-check.ts';

resourceLaws({
  name: 'http-check',
  newWorld: async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'wizard-http-check-'));
    const folder = join(dataDir, 'checks');
    await mkdir(folder);
    const machine = await httpTarget();
    const opened: HttpCheck[] = [];
    const open = (): HttpCheck => {
      opened.at(-1)?.close();
      const driver = httpCheck({ dataDir, shared: { changed: () => undefined }, clock: systemClock, log: silentLog() });
      opened.push(driver);
      return driver;
    };
    const pathOf = (claim: Claim): string => join(folder, claimName(claim));
    const targets = { app: { address: '127.0.0.1', port: machine.port, host: 'app-shop-7.preview.example' } };
    const spec = { revision: aSha(1), path: '/', status: 200, targets };
    const driver = open();
    return {
      driver,
      reopen: open,
      role: 'health',
      spec,
      otherSpec: { ...spec, revision: aSha(2) },
      strangers: {
        plant: () => writeFile(join(folder, 'note'), 'mine'),
        untouched: async () => (await readFile(join(folder, 'note'), 'utf8')) === 'mine',
      },
      deleteBehindBack: (claim) => rm(pathOf(claim), { recursive: true }),
      halfMake: async (claim) => {
        await mkdir(pathOf(claim));
        await writeFile(join(pathOf(claim), 'about.json'), '{"revision":"aa');
      },
      count: async (claim) => (await readdir(folder)).filter((name) => name === claimName(claim)).length,
      troubles: [
        {
          what: 'a spec of another kind',
          remedy: 'report-bug',
          provoke: () => driver.create(aClaim(), { ...spec, path: 'no slash' }, aCall()),
        },
      ],
      settle: settleInRealTime(5000),
      timeToSettleMs: 5000,
      close: async () => {
        for (const one of opened) one.close();
        await machine.stop();
        await rm(dataDir, { recursive: true });
      },
    };
  },
});
