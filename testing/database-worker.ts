import type { EnvironmentId } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { databaseDriver } from '../src/drivers/database/database-driver.ts';
import { systemClock } from '../src/kit/clock.ts';
import { serviceSecrets } from '../src/kit/service-secrets.ts';
import { aCall, aClaim } from './builders.ts';
import { seededRandom } from './seeded-random.ts';
import { silentLog } from './silent-log.ts';

/** A server that makes, saves and takes away databases until it is killed: `node database-worker.ts DATA INSTANCE SEED SPEC KEY`. */
const [dataDir = '', instance = '', seed = '', specText = '', key = ''] = process.argv.slice(2);
const luck = seededRandom(Number(seed));
const driver = databaseDriver({
  dataDir,
  instance,
  secrets: serviceSecrets({}, Buffer.from(key)),
  shared: { changed: () => undefined },
  clock: systemClock,
  log: silentLog(),
  spares: 1,
});
const from = { by: 'worker', service: 'db', pull: 'acme/shop#1' };
/** A state may be there already, and a database go meanwhile. */
const ignore = (): void => undefined;
const environments = ['shop-1', 'shop-2', 'shop-3'];
process.stdout.write('begun\n');
for (;;) {
  const environment = luck.pick(environments) as EnvironmentId;
  const claim = aClaim({ environment, role: 'db.3f9a2c1d' });
  const spec = { ...(JSON.parse(specText) as JsonObject), password: { secret: `service.${environment}.db` } };
  const seen = await driver.observe(claim, spec, aCall());
  const name = `state-${luck.between(1, 3)}`;
  if (seen.is === 'ready' && luck.chance(0.3))
    driver.states.save(claim, { name, from: { ...from, environment } }, aCall()).catch(ignore);
  else if (luck.chance(0.02)) driver.states.remove(name).catch(ignore);
  if (seen.is === 'absent') await driver.create(claim, spec, aCall());
  else if (seen.is === 'broken' || (seen.is === 'ready' && luck.chance(0.4)) || luck.chance(0.1))
    await driver.destroy(claim, aCall());
  await new Promise((resolve) => setTimeout(resolve, luck.between(1, 40)));
}
