import type { SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import { freePort } from './free-port.ts';

export interface Ports {
  /** Hands `use` a port that no other live run has or is being given. It is the run's own once the run is recorded. */
  lend<T>(use: (port: number) => Promise<T>): Promise<T>;
}

/** Gives out ports so that no two live runs share one, also across restarts. */
export function portsOf(runs: SupervisedRuns): Ports {
  const lent = new Set<number>();
  return {
    async lend(use) {
      const taken = await runs.portsInUse();
      const port = await freePort(new Set([...taken, ...lent]));
      lent.add(port);
      try {
        return await use(port);
      } finally {
        lent.delete(port);
      }
    },
  };
}
