import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aCall, aClaim, aSha } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import { systemClock } from '../../kit/clock.ts';
import { serviceSecrets } from '../../kit/service-secrets.ts';
import { schemaChanges, schemaSnapshots } from './schema-drivers.ts';

const drivers = [
  ['schema-snapshot', 'schemas', schemaSnapshots],
  ['schema-changes', 'schema-changes', schemaChanges],
] as const;

/** Over a database that does not answer: what it is when one does is in `schema-changes.real.test.ts`. */
for (const [name, folder, factory] of drivers) {
  resourceLaws({
    name,
    newWorld: async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'wizard-schemas-'));
      const root = join(dataDir, folder);
      const secrets = serviceSecrets({}, Buffer.from('the key of the test'));
      // Its pauses are for servers that start again.
      const clock = { ...systemClock, after: (ms: number, then: () => void) => systemClock.after(ms / 10, then) };
      const options = { dataDir, secrets, shared: { changed: () => undefined }, clock, log: silentLog() };
      const opened = [factory(options)];
      const [driver = factory(options)] = opened;
      const place = {
        engine: 'mariadb',
        socket: join(dataDir, 'nobody'),
        port: 1,
        user: 'app',
        database: 'app',
        password: { secret: 'service.shop-7.db' },
        path: dataDir,
        method: 'copy',
      };
      const about = { revision: aSha(1), schema: dataDir, statementLog: join(dataDir, 'log'), since: 1, until: 2 };
      const spec = name === 'schema-changes' ? { ...place, ...about } : place;
      const pathOf = (claim: Claim): string => join(root, claimName(claim));
      return {
        driver,
        reopen: async () => {
          await opened.at(-1)?.close();
          const again = factory(options);
          opened.push(again);
          return again;
        },
        role: 'db-schema.3f9a2c1d',
        spec,
        otherSpec: { ...spec, port: 2 },
        strangers: {
          plant: async () => {
            await mkdir(root, { recursive: true });
            await writeFile(join(root, 'note'), 'mine');
          },
          untouched: async () => (await readFile(join(root, 'note'), 'utf8')) === 'mine',
        },
        deleteBehindBack: (claim) => rm(pathOf(claim), { recursive: true }),
        halfMake: async (claim) => void (await mkdir(pathOf(claim), { recursive: true })),
        troubles: [
          {
            what: 'a spec of another kind',
            remedy: 'report-bug',
            provoke: () => driver.create(aClaim(), { ...spec, engine: 'oracle' }, aCall()),
          },
        ],
        settle: settleInRealTime(10_000),
        timeToSettleMs: 10_000,
        close: async () => {
          for (const one of opened) await one.close();
          await rm(dataDir, { recursive: true });
        },
      };
    },
  });
}
