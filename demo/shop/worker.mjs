import { openDatabase } from './database.mjs';

// Packs orders in the background, as a real shop's worker would.
const database = openDatabase();
const pack = database.prepare("UPDATE orders SET packed_at = datetime('now') WHERE packed_at IS NULL");
console.log('worker runs');
setInterval(() => {
  const { changes } = pack.run();
  if (changes > 0) console.log(`packed ${changes} orders`);
}, 500);
