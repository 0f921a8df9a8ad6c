import { openWorker } from '../../kit/open-worker.ts';
export interface FileHit {
  /** Which of the patterns. */
  readonly pattern: number;
  readonly file: string;
}

export interface SearchOrder {
  readonly files: readonly string[];
  readonly patterns: readonly Uint8Array[];
}

/** Which of many byte strings stand in which files, each pair once. Strings have at least four bytes. Done in a thread of its own. */
export async function searchFiles(order: SearchOrder, signal: AbortSignal): Promise<readonly FileHit[]> {
  signal.throwIfAborted();
  if (order.patterns.length === 0) return [];
  const worker = openWorker(new URL('./search-worker.ts', import.meta.url), order);
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(signal.aborted ? signal.reason : new Error('the search ended by itself')));
    });
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
