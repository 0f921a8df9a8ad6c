import type { Clock } from '../ports/clock.ts';

/** Wakes one waiter. A ring while nobody waits is kept, and many are one. */
export interface Bell {
  ring(): void;
  /** Answers true when it was rung, false when `ms` passed first. */
  wait(ms: number): Promise<boolean>;
}

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wake: ((rung: boolean) => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.(true);
    },
    async wait(ms) {
      if (!rung) {
        let cancel = (): void => undefined;
        await new Promise<boolean>((resolve) => {
          wake = resolve;
          cancel = clock.after(ms, () => resolve(false));
        });
        cancel();
        wake = undefined;
      }
      const was = rung;
      rung = false;
      return was;
    },
  };
}
