import { type Claim, claimName } from '../../domain/claim.ts';
import { describeError } from '../../domain/wizard-error.ts';
import { remoteRoot } from '../../kit/ssh/remote-run.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { endRun } from './remote-programs.ts';
import type { Room, Task } from './room.ts';

const limitMs = 30_000;

/**
 * Tidies up on the machine and then forgets. A machine out of reach is let be: what is on it goes with it, is cleared when a pool takes
 * it back, and the next run begins by clearing.
 */
export function endTask(room: Room, claim: Claim): Task {
  const { shared, log } = room.options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const name = claimName(claim);
  const leaving: Observation = { is: 'leaving', note: 'the services are being removed', lookAgainMs: 2000 };
  let seen: Observation = leaving;
  const work = async (): Promise<void> => {
    try {
      const about = await room.folders.read(claim);
      if (typeof about !== 'string' && about.run) {
        const text = endRun(about.run, about.run !== name);
        const login = { config: about.spec.ssh, host: about.spec.host };
        await remoteRoot(login, text, { doing: 'removing the services', timeLimitMs: limitMs, signal });
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn('services.end', { claim: name, error: describeError(error) });
    }
    try {
      await room.folders.remove(claim);
      room.endings.delete(name);
    } catch (error) {
      seen = { is: 'broken', note: `the record of the services: ${describeError(error)}`, remedy: 'fix-setup' };
    }
    shared.changed({ environment: claim.environment, role: claim.role });
  };
  return { observation: () => seen, stop: () => stopping.abort(), ended: work() };
}
