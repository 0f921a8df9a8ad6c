import { type GoldenLock, newKeeper } from '../../../kit/golden/golden-lock.ts';
import { lockPostgres } from '../../../kit/golden/postgres-lock.ts';
import type { BakeRoom } from '../engine-family.ts';
import { postgresServer } from './postgres-server.ts';

/** Leaves a keeper as the one account that a clone's rules of access let in. No database is needed before somebody is let in. */
export async function lockData(room: BakeRoom, database: string): Promise<GoldenLock> {
  const keeper = newKeeper();
  const session = await postgresServer.session(room, database);
  try {
    await session.query(lockPostgres(database, keeper));
    const databases = await session.query(`SELECT 'base/' || oid FROM pg_database ORDER BY oid`);
    return { keeper, later: databases.map(([path]) => path ?? '') };
  } finally {
    await session.close();
  }
}
