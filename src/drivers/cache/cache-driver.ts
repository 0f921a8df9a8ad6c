import { join, resolve } from 'node:path';
import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import { localLookMs } from '../../kit/local-look.ts';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import { portRanges } from '../../kit/supervised-run/free-port.ts';
import { noMask } from '../../kit/supervised-run/mask-secrets.ts';
import { portsOf } from '../../kit/supervised-run/ports-of.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { supervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import { cacheConfigs } from './cache-config.ts';
import { cacheContainers } from './cache-containers.ts';
import { cacheSpecOf } from './cache-spec.ts';
import { cacheStarts } from './cache-starts.ts';
import { observeCache } from './observe-cache.ts';
import { type CacheRoom, startCache } from './start-cache.ts';

export type CacheDriver = ResourceDriver & {
  /** Stops watching; what runs goes on and is taken up by the next driver over the same directory. */
  close(): void;
};

/** Redis or memcached for one environment, in memory alone. Facts: `engine`, and `socket`, or `host` and `port`, with `user` or `url` where there is one. */
export function cacheDriver(options: RunDriverOptions): CacheDriver {
  const { secrets, dataDir, shared } = options;
  const changed = (name: string): void => {
    const claim = parseClaim(name);
    if (claim) shared.changed(claim);
  };
  const runs = supervisedRuns({
    ...options,
    dataDir: join(dataDir, 'caches'),
    kind: 'cache',
    mask: noMask,
    onChange: (name) => {
      starts.drop(name);
      changed(name);
    },
    onRunning: (name, record) => {
      const claim = parseClaim(name);
      if (claim) starts.follow(claim, record);
    },
  });
  const inTurn = oneAtATime();
  const ports = portsOf(runs, portRanges.cache);
  const configs = cacheConfigs(resolve(dataDir));
  const containers = cacheContainers(options.instance);
  const starts = cacheStarts({ ...options, runs, configs, changed });
  const room: CacheRoom = { secrets, instance: options.instance, runs, ports, configs, containers };

  /** Its container first: once its run is gone, nobody would look for it soon. */
  async function end(claim: Claim): Promise<void> {
    const view = await runs.look(claim);
    if (view.is === 'stray') await containers.removeIfThere(claim);
    if ('record' in view && cacheSpecOf(view.record.spec).container !== undefined) await containers.remove(claim);
    await Promise.all([configs.remove(claim), configs.removeRun(claim)]);
    await runs.end(claim, { graceMs: 0, remove: true });
  }

  return {
    kind: 'cache',
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs: localLookMs, replacing: 'cheap' },
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return observeCache(room, claim, spec);
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      // Two at once must not write two ports into one file.
      await inTurn(claimName(claim), call.signal, () => startCache(room, claim, spec));
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      await end(claim);
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      await containers.sweep(() => runs.owned());
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
}
