import { join } from 'node:path';
import { describeError } from '../../domain/wizard-error.ts';
import { readIfThere, writeWhole } from '../../kit/supervised-run/run-files.ts';
import { sayInLog } from '../../kit/supervised-run/run-log.ts';
import { lookAtRun } from '../../kit/supervised-run/run-record.ts';
import type { Log } from '../../ports/call.ts';
import type { CommandSpec } from './command-spec.ts';
import type { StepCache } from './step-cache.ts';
import { stepKey } from './step-key.ts';

/** Spares steps that were run before on the same input. Nothing that fails here fails the step: it is run as ever. */
export interface StepReuseRun {
  /** `done`: what an earlier run made is in the checkout, and the step need not run. */
  bringBack(runDirectory: string, step: CommandSpec, signal: AbortSignal): Promise<'done' | 'run'>;
  /** After a run: keeps what it made, if it went well. */
  keep(runDirectory: string, step: CommandSpec): Promise<void>;
}

/** The key is taken before the step runs: it may change the very files it is taken from. */
const keyFile = (runDirectory: string): string => join(runDirectory, 'reuse-key');

export function stepReuse(cache: StepCache, log: Log): StepReuseRun {
  return {
    async bringBack(runDirectory, step, signal) {
      if (!step.reuse) return 'run';
      try {
        const found = await stepKey(step.directory, step.run, step.reuse);
        if ('unusable' in found) {
          await sayInLog(runDirectory, `nothing is reused: ${found.unusable}`);
          return 'run';
        }
        if (await cache.restore(found.key, step.directory, step.reuse.keep, signal)) {
          await sayInLog(runDirectory, `reused what an earlier build of the same made: ${step.reuse.keep.join(', ')}`);
          return 'done';
        }
        await writeWhole(keyFile(runDirectory), found.key);
        return 'run';
      } catch (error) {
        if (signal.aborted) throw error;
        log.warn('command.reuse', { runDirectory, error });
        await sayInLog(runDirectory, `nothing is reused: ${describeError(error)}`);
        return 'run';
      }
    },
    async keep(runDirectory, step) {
      const key = await readIfThere(keyFile(runDirectory));
      const run = await lookAtRun(runDirectory);
      if (key === undefined || !step.reuse || run.is !== 'ended' || run.status !== 0) return;
      try {
        const why = await cache.save(key, step.directory, step.reuse.keep);
        if (why !== undefined) await sayInLog(runDirectory, `nothing is kept for later: ${why}`);
      } catch (error) {
        log.warn('command.keep', { runDirectory, error });
        await sayInLog(runDirectory, `nothing is kept for later: ${describeError(error)}`);
      }
    },
  };
}
