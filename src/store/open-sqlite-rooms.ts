import { Kysely } from 'kysely';
import { migrate } from './migrations.ts';
import type { StoredRooms } from './rooms-over.ts';
import type { Tables } from './schema.ts';
import { openSqlite, sqliteDialect } from './sqlite-dialect.ts';
import { storedRoomsOver } from './stored-rooms-over.ts';

/** SQLite in the caller's own thread, which waits for the disk. */
export async function openSqliteRooms(path: string): Promise<StoredRooms & { close(): Promise<void> }> {
  const link = openSqlite(path);
  try {
    const durable = new Kysely<Tables>({ dialect: sqliteDialect(link, 'full') });
    const relaxed = new Kysely<Tables>({ dialect: sqliteDialect(link, 'normal') });
    await migrate(durable, { id: 'integer primary key autoincrement', bytes: 'blob' });
    return { ...storedRoomsOver({ durable, relaxed }), close: () => link.close() };
  } catch (error) {
    await link.close();
    throw error;
  }
}
