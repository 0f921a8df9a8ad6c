import { createPool } from '../src/kit/pool/create-pool.ts';
import { removePool } from '../src/kit/pool/remove-pool.ts';

// Makes or removes a pool, for a test that kills it meanwhile: `node testing/pool-worker.ts create DATA`.
const [what = '', dataDir = ''] = process.argv.slice(2);
const about = { bytes: 600 * 1024 ** 2, signal: new AbortController().signal, say: () => undefined };
process.stdout.write('begun\n');
if (what === 'create') await createPool(dataDir, about);
else await removePool(dataDir, about);
