import type { Claim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { driftOf } from '../../kit/supervised-run/claim-drift.ts';
import { describeEnd } from '../../kit/supervised-run/describe-run.ts';
import { isThere } from '../../kit/supervised-run/run-files.ts';
import type { RunRecord } from '../../kit/supervised-run/run-record.ts';
import type { SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { socketIn } from './cache-command.ts';
import type { CacheConfigs } from './cache-config.ts';
import { cacheSpecOf, cacheUserName } from './cache-spec.ts';
import { answeredFile } from './cache-starts.ts';

const lines = 40;

interface ObserveRoom {
  readonly runs: SupervisedRuns;
  readonly configs: CacheConfigs;
}

export async function observeCache(room: ObserveRoom, claim: Claim, wanted: JsonObject): Promise<Observation> {
  const { runs } = room;
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
      if (!view.verdict && (await isThere(answeredFile(runs.directory(claim)))))
        return ready(room, claim, view, wanted);
      return { is: 'arriving', note: 'it is starting', lookAgainMs: 250 };
    case 'over': {
      if (cacheSpecOf(view.record.spec).power === 'off') return ready(room, claim, view, wanted);
      const verdict = view.verdict ?? { note: describeEnd(view.end), remedy: 'try-again' };
      return { is: 'broken', ...verdict, lastLines: await runs.lastLines(claim, lines) };
    }
  }
}

function ready(
  { configs }: ObserveRoom,
  claim: Claim,
  { record }: { record: RunRecord },
  wanted: JsonObject,
): Observation {
  const { spec, port = 0 } = record;
  const { engine, password, socket } = cacheSpecOf(spec);
  const drift = driftOf(spec, wanted);
  if (socket) return { is: 'ready', facts: { engine, socket: socketIn(configs.runOf(claim)) }, drift };
  const url = engine === 'redis' && !password ? { url: `redis://127.0.0.1:${port}/0` } : {};
  const user = engine === 'memcached' && password ? { user: cacheUserName } : {};
  return { is: 'ready', facts: { engine, host: '127.0.0.1', port, ...user, ...url }, drift };
}
