import type { Clock } from '../ports/clock.ts';

/** `again` is when to look next at the latest; missing: only when somebody asks. */
export interface WorkResult {
  readonly againMs?: number;
}

/**
 * Keys only. A key added while it is being worked on is worked on once more afterwards, never twice at once; adding it ten times
 * is adding it once. Work that throws is told to `failed`, which says when to try again.
 */
export interface WorkQueue<Key extends string> {
  add(key: Key): void;
  addAfter(key: Key, ms: number): void;
  /** Nothing is started any more; resolves when what runs has ended. */
  stop(): Promise<void>;
  /** Resolves when nothing is due or running now. */
  idle(): boolean;
}

export interface WorkQueueOptions<Key extends string> {
  readonly clock: Clock;
  readonly atOnce: number;
  readonly work: (key: Key) => Promise<WorkResult>;
  /** Answers after how long to try again. */
  readonly failed: (key: Key, error: unknown, times: number) => number;
}

export function workQueue<Key extends string>({ clock, atOnce, work, failed }: WorkQueueOptions<Key>): WorkQueue<Key> {
  const dirty = new Set<Key>();
  const processing = new Set<Key>();
  const timers = new Map<Key, { at: number; cancel: () => void }>();
  const failures = new Map<Key, number>();
  let stopped = false;
  let whenStill: (() => void) | undefined;

  const later = (key: Key, ms: number): void => {
    const at = clock.monotonic() + ms;
    const waiting = timers.get(key);
    if (stopped || (waiting && waiting.at <= at)) return;
    waiting?.cancel();
    const cancel = clock.after(ms, () => {
      timers.delete(key);
      add(key);
    });
    timers.set(key, { at, cancel });
  };

  const run = async (key: Key): Promise<void> => {
    try {
      const { againMs } = await work(key);
      failures.delete(key);
      if (againMs !== undefined) later(key, againMs);
    } catch (error) {
      const times = (failures.get(key) ?? 0) + 1;
      failures.set(key, times);
      later(key, failed(key, error, times));
    } finally {
      processing.delete(key);
      start();
      if (stopped && processing.size === 0) whenStill?.();
    }
  };

  const start = (): void => {
    for (const key of dirty) {
      if (stopped || processing.size >= atOnce) return;
      if (processing.has(key)) continue;
      dirty.delete(key);
      processing.add(key);
      void run(key);
    }
  };

  function add(key: Key): void {
    if (stopped) return;
    dirty.add(key);
    start();
  }

  return {
    add,
    addAfter: later,
    idle: () => dirty.size === 0 && processing.size === 0,
    stop: () => {
      stopped = true;
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
      return processing.size === 0 ? Promise.resolve() : new Promise((resolve) => (whenStill = resolve));
    },
  };
}
