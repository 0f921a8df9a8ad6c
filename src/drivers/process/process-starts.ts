import { join } from 'node:path';
import { parseClaim } from '../../domain/claim.ts';
import { type HealthWatch, watchHealth } from '../../kit/health-watch.ts';
import { describeMs } from '../../kit/supervised-run/describe-run.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { isThere, writeWhole } from '../../kit/supervised-run/run-files.ts';
import type { RunRecord } from '../../kit/supervised-run/run-record.ts';
import type { SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import { healthProbe } from './health-probe.ts';
import { processSpecOf } from './process-spec.ts';

/** Follows processes from their start until they are healthy. */
export interface ProcessStarts {
  /** Begins to look; one that was healthy before our restart stays so. */
  watch(name: string, record: RunRecord): void;
  /** What it still waits for. */
  saw(name: string): string | undefined;
  drop(name: string): void;
  close(): void;
}

/** There from the moment when the process was first healthy. */
export const healthyFile = (directory: string): string => join(directory, 'healthy');

interface Options extends RunDriverOptions {
  readonly runs: SupervisedRuns;
  readonly changed: (name: string) => void;
}

export function processStarts({ clock, log, runs, changed }: Options): ProcessStarts {
  const watches = new Map<string, HealthWatch>();
  let closed = false;
  const drop = (name: string): void => {
    watches.get(name)?.stop();
    watches.delete(name);
  };
  const begin = async (name: string, record: RunRecord): Promise<void> => {
    const claim = parseClaim(name);
    if (!claim || (await isThere(healthyFile(runs.directory(claim)))) || closed) return;
    const directory = runs.directory(claim);
    const spec = processSpecOf(record.spec);
    const report = (error: unknown): void => log.error('process.health', { run: name, error });
    const watch = watchHealth({
      clock,
      probe: healthProbe({ spec, port: record.port ?? 0, directory }),
      // A clock that was set back or forward must neither keep it for ever nor end it before it began.
      limitMs: spec.timeLimitMs - Math.min(Math.max(0, clock.now() - record.startedAt), spec.timeLimitMs),
      onHealthy: () => {
        writeWhole(healthyFile(directory), '').then(() => changed(name), report);
      },
      onLate: (saw) => {
        const note = `was not healthy within ${describeMs(spec.timeLimitMs)}: ${saw}`;
        runs
          .condemn(claim, { note, remedy: 'change-input' })
          .then(() => runs.end(claim, { graceMs: spec.stopGraceMs, remove: false }))
          .then(() => changed(name), report);
      },
      onError: report,
    });
    drop(name);
    watches.set(name, watch);
  };
  return {
    watch(name, record) {
      begin(name, record).catch((error: unknown) => log.error('process.health', { run: name, error }));
    },
    saw: (name) => watches.get(name)?.saw(),
    drop,
    close() {
      closed = true;
      for (const name of [...watches.keys()]) drop(name);
    },
  };
}
