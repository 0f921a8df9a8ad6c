import { join } from 'node:path';
import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { localLookMs } from '../../kit/local-look.ts';
import { oneAtATime } from '../../kit/one-at-a-time.ts';
import { childEnvironment } from '../../kit/supervised-run/child-environment.ts';
import { driftOf } from '../../kit/supervised-run/claim-drift.ts';
import { describeEnd } from '../../kit/supervised-run/describe-run.ts';
import { portRanges } from '../../kit/supervised-run/free-port.ts';
import { noMask } from '../../kit/supervised-run/mask-secrets.ts';
import { portsOf } from '../../kit/supervised-run/ports-of.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { isThere } from '../../kit/supervised-run/run-files.ts';
import type { RunRecord } from '../../kit/supervised-run/run-record.ts';
import { type SupervisedRuns, supervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { Observation, ResourceDriver } from '../../ports/resource-driver.ts';
import { cacheCommand, configOf } from './cache-command.ts';
import { cacheConfigs } from './cache-config.ts';
import { passwordOf } from './cache-password.ts';
import { cacheUser, findProgram } from './cache-programs.ts';
import { cacheSpecOf } from './cache-spec.ts';
import { answeredFile, cacheStarts } from './cache-starts.ts';

export type CacheDriver = ResourceDriver & {
  /** Stops watching; what runs goes on and is taken up by the next driver over the same directory. */
  close(): void;
};

const lines = 40;

/** Redis or memcached for one environment, in memory alone. Facts: `engine`, `host`, `port`, and `url` where it has no password. */
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
  const configs = cacheConfigs(join(dataDir, 'cache-configs'));
  const starts = cacheStarts({ ...options, runs, configs, changed });

  async function start(claim: Claim, json: JsonObject): Promise<void> {
    const spec = cacheSpecOf(json);
    const password = passwordOf(secrets, spec);
    const [program, user] = [await findProgram(spec.engine), await cacheUser(spec.engine)];
    await ports.lend(async (port) => {
      if ((await runs.look(claim)).is === 'absent' && spec.engine === 'redis')
        await configs.write(claim, configOf(spec, port, password), user);
      const argv = cacheCommand({ spec, program, port, user, config: configs.pathOf(claim) });
      const env = childEnvironment({ env: {}, secrets: {} });
      // At rest it is a run that ended well before it began.
      const resting = { note: 'it rests', run: async () => 'done' as const };
      const before = spec.power === 'off' ? { before: resting } : {};
      await runs.start({ claim, spec: json, argv, cwd: '/', env, port, ...before });
    });
  }

  return {
    kind: 'cache',
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs: localLookMs, replacing: 'cheap' },
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return observeCache(runs, claim, spec);
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      // Two at once must not write two ports into one file.
      await inTurn(claimName(claim), call.signal, () => start(claim, spec));
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      await configs.remove(claim);
      await runs.end(claim, { graceMs: 0, remove: true });
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
}

async function observeCache(runs: SupervisedRuns, claim: Claim, wanted: JsonObject): Promise<Observation> {
  const view = await runs.look(claim);
  switch (view.is) {
    case 'absent':
      return { is: 'absent' };
    case 'leaving':
      return { is: 'leaving', note: 'it is being ended', lookAgainMs: 250 };
    case 'stray':
      return { is: 'broken', note: 'its directory was taken away while it ran', remedy: 'try-again' };
    case 'preparing':
      return { is: 'arriving', note: view.note, lookAgainMs: 250 };
    case 'running':
      if (!view.verdict && (await isThere(answeredFile(runs.directory(claim))))) return ready(view.record, wanted);
      return { is: 'arriving', note: 'it is starting', lookAgainMs: 250 };
    case 'over': {
      if (cacheSpecOf(view.record.spec).power === 'off') return ready(view.record, wanted);
      const verdict = view.verdict ?? { note: describeEnd(view.end), remedy: 'try-again' };
      return { is: 'broken', ...verdict, lastLines: await runs.lastLines(claim, lines) };
    }
  }
}

function ready({ spec, port = 0 }: RunRecord, wanted: JsonObject): Observation {
  const { engine, password } = cacheSpecOf(spec);
  const url = engine === 'redis' && !password ? { url: `redis://127.0.0.1:${port}/0` } : {};
  return { is: 'ready', facts: { engine, host: '127.0.0.1', port, ...url }, drift: driftOf(spec, wanted) };
}
