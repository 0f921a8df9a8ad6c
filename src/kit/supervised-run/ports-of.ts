import { freePort, type PortRange } from './free-port.ts';
import type { SupervisedRuns } from './supervised-runs.ts';

export interface Ports {
  /** Hands `use` a port that no other live run has or is being given. It is the run's own once the run is recorded. */
  lend<T>(use: (port: number) => Promise<T>): Promise<T>;
}

/** Gives out ports so that no two live runs share one, also across restarts. */
export function portsOf(runs: SupervisedRuns, range: PortRange): Ports {
  const lent = new Set<number>();
  return {
    async lend(use) {
      const taken = await runs.portsInUse();
      const port = await freePort(new Set([...taken, ...lent]), range);
      lent.add(port);
      try {
        return await use(port);
      } finally {
        lent.delete(port);
      }
    },
  };
}
