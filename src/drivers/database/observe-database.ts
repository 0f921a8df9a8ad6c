import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { breakageOf } from '../../domain/observation.ts';
import { isMemoryLost, memoryLost } from '../../kit/clone/memory-disk.ts';
import { driftOf } from '../../kit/supervised-run/claim-drift.ts';
import { isThere } from '../../kit/supervised-run/run-files.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import type { DatabasesRoom } from './databases-room.ts';
import type { LiveInstance } from './live-instance.ts';
import { instanceFiles } from './server-instance.ts';
import { statementLogOf } from './statement-log.ts';

const leaving: Observation = { is: 'leaving', note: 'its server is ended and its data deleted', lookAgainMs: 250 };
const dataGone: Observation = { is: 'broken', note: 'its data is not there any more', remedy: 'try-again' };
const dataLost: Observation = { is: 'broken', ...breakageOf(memoryLost()) };

export async function observeDatabase(room: DatabasesRoom, claim: Claim, wanted: JsonObject): Promise<Observation> {
  const { files, tasks, endings, servers } = room;
  const name = claimName(claim);
  if (endings.has(name)) return leaving;
  const task = tasks.get(name);
  if (task) return task.failure ?? { is: 'arriving', note: task.note, lookAgainMs: 500 };
  const known = await files.read(claim);
  const ready = await files.ready(claim);
  const place = await files.place(claim);
  // Meanwhile it may have begun to end, or to be made.
  if (endings.has(name) || tasks.has(name)) return observeDatabase(room, claim, wanted);
  if (known === 'missing') return { is: 'absent' };
  if (known === 'half' || !ready || !place) return { is: 'broken', note: 'it is only half made', remedy: 'try-again' };
  const one = servers.room.live.get(place.id);
  if (!one || !(await isThere(instanceFiles(one.folder).data))) return dataGone;
  if (one.record.method === 'memory' && (await isMemoryLost(one.folder))) return dataLost;
  const facts = { ...ready.facts, statementLog: statementLogOf(servers.room, one.record) };
  return notUp(one) ?? { is: 'ready', facts, drift: driftOf(ready.spec, wanted) };
}

/** What there is to say of one that was handed over and does not serve, though it should. */
function notUp({ phase, note, lastLines, awaitsRoom }: LiveInstance): Observation | undefined {
  switch (phase) {
    case 'up':
    // It serves again in a moment.
    case 'saving':
    case 'resting':
      return undefined;
    case 'leaving':
      return leaving;
    case 'failed':
      return {
        is: 'broken',
        note: `${note}, and starting it again did not help`,
        remedy: 'try-again',
        code: 'database/not-started',
        lastLines,
      };
    case 'making':
    case 'starting':
    case 'down':
      return {
        is: 'arriving',
        note: noteOf(note, awaitsRoom),
        lookAgainMs: 500,
      };
  }
}

const noteOf = (note: string, awaitsRoom: boolean): string => {
  if (awaitsRoom)
    return 'no room is left where its data or the record of its run lies; it is started again when there is some';
  return note === '' ? 'its server is starting' : `${note}; it is started again`;
};
