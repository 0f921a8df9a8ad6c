export type OneAtATime = <T>(key: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** Lets pieces of work with the same key run one after the other. Waiting ends with the signal's reason; work that began is not stopped. */
export function oneAtATime(): OneAtATime {
  const last = new Map<string, Promise<void>>();
  return async (key, signal, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = Promise.withResolvers<void>();
    const both = before
      .then(() => mine.promise)
      .then(() => {
        if (last.get(key) === both) last.delete(key);
      });
    last.set(key, both);
    try {
      await unlessAborted(before, signal);
      return await work();
    } finally {
      mine.resolve();
    }
  };
}

/** Answers what `promise` answers, or throws the signal's reason as soon as it aborts. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const abort = Promise.withResolvers<never>();
  const onAbort = (): void => abort.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, abort.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Does the work at the first call, and again only when it failed; all who ask meanwhile wait for the same. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return async () => {
    known ??= work();
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
}
