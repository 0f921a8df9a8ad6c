import { type Claim, parseClaim } from '../../domain/claim.ts';
import { localTraits } from '../../kit/local-look.ts';
import { childEnvironment } from '../../kit/supervised-run/child-environment.ts';
import { portRanges } from '../../kit/supervised-run/free-port.ts';
import { maskSecrets } from '../../kit/supervised-run/mask-secrets.ts';
import { portsOf } from '../../kit/supervised-run/ports-of.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { supervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import { observeProcess } from './observe-process.ts';
import { processSpecOf } from './process-spec.ts';
import { processStarts } from './process-starts.ts';

export type ProcessDriver = ResourceDriver & {
  /** Stops watching; what runs goes on and is taken up by the next driver over the same directory. */
  close(): void;
};

/** What an environment serves with: programs that run until they are not wanted any more. Facts: `port`, `pid`, `revision`. */
export function processDriver(options: RunDriverOptions): ProcessDriver {
  const { secrets, log } = options;
  const changed = (name: string): void => {
    const claim = parseClaim(name);
    if (claim) options.shared.changed(claim);
  };
  const runs = supervisedRuns({
    ...options,
    kind: 'process',
    confined: true,
    mask: maskSecrets(secrets),
    onChange: (name) => {
      starts.drop(name);
      changed(name);
    },
    onRunning: (name, record) => starts.watch(name, record),
  });
  const starts = processStarts({ ...options, runs, changed });
  const ports = portsOf(runs, portRanges.process);
  return {
    kind: 'process',
    traits: localTraits('cheap'),
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return observeProcess({ runs, starts, claim, spec });
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      const { run, directory, env, memoryMb } = processSpecOf(spec);
      await ports.lend(async (port) => {
        await runs.start({
          claim,
          spec,
          argv: run,
          cwd: directory,
          env: childEnvironment({ env, secrets, port }),
          port,
          memoryMb,
        });
      });
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      await runs.end(claim, { graceMs: await graceOf(claim), remove: true });
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      yield* await runs.owned();
    },
    async readLog(claim, from, call) {
      call.signal.throwIfAborted();
      return runs.readLog(claim, from);
    },
    close() {
      starts.close();
      runs.close();
    },
  };

  async function graceOf(claim: Claim): Promise<number> {
    const record = await runs.record(claim);
    log.debug('process.destroy', { environment: claim.environment, role: claim.role });
    return record ? processSpecOf(record.spec).stopGraceMs : 0;
  }
}
