import { join } from 'node:path';
import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import { claimFolders } from '../../kit/claim-folders.ts';
import { driftOf } from '../../kit/supervised-run/claim-drift.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DriverShared, ResourceDriver } from '../../ports/resource-driver.ts';
import { healthChecks } from './health-checks.ts';
import { httpCheckSpecOf } from './http-check-spec.ts';

export interface HttpCheckOptions {
  /** What is asked is kept in `checks/` below it. */
  readonly dataDir: string;
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
}

export type HttpCheck = ResourceDriver & {
  update: NonNullable<ResourceDriver['update']>;
  close(): void;
};

const lookEveryMs = 60_000;
const record = z.record(z.string(), z.json());

/** Whether each endpoint of an environment answers as it should, on its machine. Facts: `revision`. */
export function httpCheck({ dataDir, shared, clock, log }: HttpCheckOptions): HttpCheck {
  const folders = claimFolders<JsonObject>(join(dataDir, 'checks'), (value) => record.safeParse(value).data);
  const checks = healthChecks({ clock, log, changed: shared.changed });
  return {
    kind: 'http-check',
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs, replacing: 'cheap' },
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      const have = await folders.read(claim);
      if (have === 'missing') {
        checks.drop(claim);
        return { is: 'absent' };
      }
      if (have === 'half') return { is: 'broken', note: 'its file is damaged', remedy: 'try-again' };
      const drift = driftOf(have, spec);
      const health = await checks.look(claim, have, call.signal);
      if (health.healthy) return { is: 'ready', facts: { revision: httpCheckSpecOf(have).revision }, drift };
      return { is: 'arriving', note: health.saw, lookAgainMs: 1000, drift };
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      httpCheckSpecOf(spec);
      if (await folders.make(claim, spec)) return checks.begin(claim, spec);
      // One that is there already stays as it was asked for; what can be read of none is written anew.
      if ((await folders.read(claim)) !== 'half') return;
      await folders.write(claim, spec);
      checks.begin(claim, spec);
    },
    async update(claim, spec, call) {
      call.signal.throwIfAborted();
      httpCheckSpecOf(spec);
      if (!(await folders.make(claim, spec))) await folders.write(claim, spec);
      checks.begin(claim, spec);
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      checks.drop(claim);
      await folders.remove(claim);
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      yield* await folders.claims();
    },
    close: () => checks.close(),
  };
}
