import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** A thread that takes its compiled code from where the command keeps it; a thread does not do so by itself. */
export function openWorker(script: URL, workerData: unknown): Worker {
  const cache = getCompileCacheDir();
  // Node keeps a folder of its own for each version within the one that it was told.
  const env = cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
  return new Worker(script, { workerData, env });
}
