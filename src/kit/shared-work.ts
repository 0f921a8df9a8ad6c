import { unlessAborted } from './one-at-a-time.ts';

/** Work for which several wait: begun by the first who asks for it, and stopped when nobody waits any more. */
export interface SharedWork<T> {
  /** Answers what the work under this key answers, or throws the signal's reason as soon as it aborts. */
  join(key: string, signal: AbortSignal, work: (stop: AbortSignal) => Promise<T>): Promise<T>;
  /** Stops all of it, and answers when none runs. */
  close(): Promise<void>;
}

interface Running<T> {
  readonly done: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

export function sharedWork<T>(): SharedWork<T> {
  const running = new Map<string, Running<T>>();

  function begin(key: string, work: (stop: AbortSignal) => Promise<T>): Running<T> {
    const stop = new AbortController();
    const done = work(stop.signal).finally(() => {
      if (running.get(key) === mine) running.delete(key);
    });
    const mine: Running<T> = { stop, waiting: 0, done };
    running.set(key, mine);
    return mine;
  }

  return {
    async join(key, signal, work) {
      signal.throwIfAborted();
      const known = running.get(key);
      const mine = known && !known.stop.signal.aborted ? known : begin(key, work);
      mine.waiting += 1;
      try {
        return await unlessAborted(mine.done, signal);
      } finally {
        mine.waiting -= 1;
        if (mine.waiting === 0) mine.stop.abort();
      }
    },
    async close() {
      for (const { stop } of running.values()) stop.abort();
      await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
  };
}
