import { join } from 'node:path';
import { type Claim, claimName } from '../../domain/claim.ts';
import { type HealthWatch, watchHealth } from '../../kit/health-watch.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { writeWhole } from '../../kit/supervised-run/run-files.ts';
import type { RunRecord } from '../../kit/supervised-run/run-record.ts';
import type { SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import { socketIn } from './cache-command.ts';
import type { CacheConfigs } from './cache-config.ts';
import { passwordOf } from './cache-password.ts';
import { cacheProbe } from './cache-probe.ts';
import { cacheSpecOf } from './cache-spec.ts';

const startLimitMs = 30_000;

/** There from the moment when it first answered. */
export const answeredFile = (directory: string): string => join(directory, 'answered');

interface Options extends Pick<RunDriverOptions, 'secrets' | 'clock' | 'log'> {
  readonly runs: SupervisedRuns;
  readonly configs: CacheConfigs;
  readonly changed: (name: string) => void;
}

/** Follows caches from their start until they answer. */
export interface CacheStarts {
  follow(claim: Claim, record: RunRecord): void;
  drop(name: string): void;
  close(): void;
}

export function cacheStarts({ secrets, clock, log, runs, configs, changed }: Options): CacheStarts {
  const watches = new Map<string, HealthWatch>();
  const drop = (name: string): void => {
    watches.get(name)?.stop();
    watches.delete(name);
  };
  return {
    drop,
    close() {
      for (const name of [...watches.keys()]) drop(name);
    },
    follow(claim, record) {
      const name = claimName(claim);
      const spec = cacheSpecOf(record.spec);
      const report = (error: unknown): void => log.error('cache.start', { name, error });
      const answered = async (): Promise<void> => {
        await writeWhole(answeredFile(runs.directory(claim)), '');
        await configs.remove(claim);
        changed(name);
      };
      const late = async (saw: string): Promise<void> => {
        await runs.condemn(claim, { note: `did not answer: ${saw}`, remedy: 'try-again' });
        await runs.end(claim, { graceMs: 0, remove: false });
      };
      drop(name);
      const probe = cacheProbe({
        engine: spec.engine,
        port: record.port ?? 0,
        socket: spec.socket ? socketIn(configs.runOf(claim)) : undefined,
        password: passwordOf(secrets, spec),
      });
      const onHealthy = (): void => void answered().catch(report);
      const onLate = (saw: string): void => void late(saw).catch(report);
      watches.set(
        name,
        watchHealth({ clock: clock, probe, limitMs: startLimitMs, onHealthy, onLate, onError: report }),
      );
    },
  };
}
