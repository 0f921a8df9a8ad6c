import type { Selectable } from 'kysely';
import type { EnvironmentId } from '../domain/claim.ts';
import type { TimelineEntry, TimelineStore } from '../ports/store.ts';
import { asking, type Database, fromJson, orMissing, orNull, toJson } from './database.ts';
import type { TimelineRow } from './schema.ts';

/** Enough earlier runs for a median that one slow run does not move. */
const runsToLookAt = 200;

export function timelineStore({ relaxed }: Database): TimelineStore {
  return {
    add: (entry) =>
      asking('writing the timeline', async () => {
        const { environment, at, about, what, message, tookMs, details } = entry;
        const row = {
          environment_id: environment,
          at,
          about,
          what,
          message,
          took_ms: orNull(tookMs),
          details: toJson(details),
        };
        await relaxed.insertInto('timeline').values(row).execute();
      }),
    list: (environment, { after = 0, limit }) =>
      asking('reading the timeline', async () => {
        const query = relaxed
          .selectFrom('timeline')
          .selectAll()
          .where('environment_id', '=', environment)
          .where('id', '>', after);
        return (await query.orderBy('id').limit(limit).execute()).map(entryOf);
      }),
    usualMs: (repository) =>
      asking('reading earlier lengths', async () => {
        const rows = await relaxed
          .selectFrom('timeline')
          .innerJoin('environments', 'environments.id', 'timeline.environment_id')
          .select(['timeline.about', 'timeline.took_ms'])
          .where('environments.repository_id', '=', repository.id)
          .where('timeline.what', '=', 'ready')
          .where('timeline.took_ms', 'is not', null)
          .orderBy('timeline.id', 'desc')
          .limit(runsToLookAt)
          .execute();
        const lengths = Map.groupBy(rows, (row) => row.about);
        return Object.fromEntries(
          [...lengths].map(([about, runs]) => [about, median(runs.map((run) => run.took_ms ?? 0))]),
        );
      }),
    prune: (keepOfEach) =>
      asking('shortening the timeline', async () => {
        const counts = await relaxed
          .selectFrom('timeline')
          .select(({ fn }) => ['environment_id', fn.countAll<number>().as('entries')])
          .groupBy('environment_id')
          .execute();
        let dropped = 0;
        for (const { environment_id } of counts.filter(({ entries }) => Number(entries) > keepOfEach)) {
          const last = await relaxed
            .selectFrom('timeline')
            .select('id')
            .where('environment_id', '=', environment_id)
            .orderBy('id', 'desc')
            .offset(keepOfEach)
            .limit(1)
            .executeTakeFirst();
          if (!last) continue;
          const query = relaxed
            .deleteFrom('timeline')
            .where('environment_id', '=', environment_id)
            .where('id', '<=', last.id);
          dropped += Number((await query.executeTakeFirst()).numDeletedRows);
        }
        return dropped;
      }),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const entryOf = (row: Selectable<TimelineRow>): TimelineEntry => ({
  id: row.id,
  environment: row.environment_id as EnvironmentId,
  at: row.at,
  about: row.about,
  what: row.what,
  message: row.message,
  tookMs: orMissing(row.took_ms),
  details: fromJson(row.details),
});
