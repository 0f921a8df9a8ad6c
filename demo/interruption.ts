/** What people press while the demo runs, and what ends it from outside. */
export interface Interruption {
  /** What the story answers. Fails at once when the demo is to end, so that what was made can be taken away. */
  unlessItComes<Answer>(story: Promise<Answer>): Promise<Answer>;
  /** Resolves at Enter, or at Ctrl-C. From then on Ctrl-C interrupts nothing: the end has begun, and npm sends each one twice. */
  pressed(): Promise<void>;
}

export function interruption(): Interruption {
  const coming = Promise.withResolvers<never>();
  coming.promise.catch(() => undefined);
  const interrupt = (): void => coming.reject(new Error('it was interrupted'));
  let onInterrupt = interrupt;
  process.on('SIGINT', () => onInterrupt());
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return {
    unlessItComes: (story) => Promise.race([story, coming.promise]),
    pressed: () =>
      new Promise((resolve) => {
        onInterrupt = resolve;
        process.stdin.once('data', () => resolve());
      }),
  };
}
