import { migrate } from './migrations.ts';
import { openPostgres } from './postgres.ts';
import type { StoredRooms } from './rooms-over.ts';
import { storedRoomsOver } from './stored-rooms-over.ts';

/** PostgreSQL, ours alone until it is closed or lost. */
export async function openPostgresRooms(
  url: string,
): Promise<StoredRooms & { readonly lost: Promise<never>; close(): Promise<void> }> {
  const { database, lost, close } = await openPostgres(url);
  try {
    await migrate(database.durable, { id: 'bigint generated always as identity primary key', bytes: 'bytea' });
  } catch (error) {
    await close();
    throw error;
  }
  return { ...storedRoomsOver(database), lost, close };
}
