import { describeError } from '../domain/wizard-error.ts';
import type { Heart } from './heart.ts';

/** Something that is done at the start and then again and again. */
export interface Round {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (signal: AbortSignal) => Promise<unknown>;
}

/** One that failed comes again after this, however seldom it is. */
const failedAgainMs = 60_000;

/** Runs each round now and then every so often (spread a little); one that fails is told and comes again soon. Answers how to stop. */
export function rounds(
  heart: Pick<Heart, 'clock' | 'log' | 'random'>,
  all: readonly Round[],
): { readonly first: Promise<void>; stop(): Promise<void> } {
  const ending = new AbortController();
  const cancels = new Map<Round, () => void>();
  const running = new Set<Promise<void>>();
  const once = async (round: Round): Promise<void> => {
    let afterMs = round.everyMs;
    try {
      await round.run(ending.signal);
    } catch (error) {
      afterMs = Math.min(round.everyMs, failedAgainMs);
      if (!ending.signal.aborted) heart.log.warn('round.failed', { round: round.name, error: describeError(error) });
    }
    if (ending.signal.aborted) return;
    cancels.set(
      round,
      heart.clock.after(afterMs * (0.9 + heart.random() / 5), () => begin(round)),
    );
  };
  const begin = (round: Round): void => {
    const run = once(round);
    running.add(run);
    void run.finally(() => running.delete(run));
  };
  for (const round of all) begin(round);
  return {
    first: Promise.all(running).then(() => undefined),
    async stop() {
      ending.abort(new Error('the server is stopping'));
      for (const cancel of cancels.values()) cancel();
      await Promise.all(running);
    },
  };
}
