import type { EnvironmentId } from '../src/domain/claim.ts';
import { openEmbeddedStore, openPostgresStore } from '../src/store/open-store.ts';
import { aDelivery, aMark } from './conformance/store-laws.ts';

/** A process that writes deliveries without end and prints each GUID once the store has acknowledged it; it is there to be killed. */
// Of SQLite by its path, of PostgreSQL by its URL.
const [place = '', round = ''] = process.argv.slice(2);
const store = await (place.startsWith('postgresql://') ? openPostgresStore(place) : openEmbeddedStore(place));
for (let index = 0; ; index += 1) {
  const guid = `${round}-${index}`;
  const number = 1 + (index % 3);
  const mark = aMark({ number, ids: [`shop-${number}` as EnvironmentId] });
  await store.deliveries.record([aDelivery({ guid, body: Buffer.alloc(5000, index), mark })]);
  process.stdout.write(`${guid}\n`);
}
