import type { AnnouncementStore } from '../ports/store.ts';
import { asking, type Database, optionalJson, orMissing, orNull, toJson } from './database.ts';

export function announcementStore({ relaxed }: Database): AnnouncementStore {
  return {
    find: (environment, announcer) =>
      asking('reading what was announced', async () => {
        const query = relaxed
          .selectFrom('announcements')
          .selectAll()
          .where('environment_id', '=', environment)
          .where('announcer', '=', announcer);
        const row = await query.executeTakeFirst();
        return (
          row && {
            environment,
            announcer,
            said: orMissing(row.said),
            handle: optionalJson(row.handle),
            failures: row.failures,
            notBefore: row.not_before,
          }
        );
      }),
    save: ({ environment, announcer, said, handle, failures, notBefore }) =>
      asking('writing what was announced', async () => {
        const row = {
          environment_id: environment,
          announcer,
          said: orNull(said),
          handle: handle === undefined ? null : toJson(handle),
          failures,
          not_before: notBefore,
        };
        const columns = ['environment_id', 'announcer'] as const;
        await relaxed
          .insertInto('announcements')
          .values(row)
          .onConflict((conflict) => conflict.columns(columns).doUpdateSet(row))
          .execute();
      }),
  };
}
