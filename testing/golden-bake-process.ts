/** A process that bakes one golden database and can be killed: `ENGINE ROOT DUMP STAMP`. Prints `done VERSION` when it is complete. */

import { goldenDatabases } from '../src/drivers/golden-databases/golden-databases.ts';
import { allRules } from '../src/drivers/golden-databases/golden-test-world.ts';
import { systemClock } from '../src/kit/clock.ts';
import { silentLog } from './silent-log.ts';

const [engine = '', root = '', path = '', stamp = ''] = process.argv.slice(2);
const baker = goldenDatabases({
  root,
  instance: 'test',
  clock: systemClock,
  sources: {
    staging: {
      engine: engine === 'postgres' ? 'postgres' : 'mariadb',
      from: { by: 'file', path },
      ...{ leaveOut: [], sample: {}, mask: allRules, maskFiles: [], strict: true, checks: [], masked: false },
    },
  },
});
const call = { signal: new AbortController().signal, log: silentLog(), write: () => undefined };
const { version } = await baker.bake({ source: 'staging', stamp }, { ...call, doing: (what) => console.log(what) });
console.log(`done ${version}`);
