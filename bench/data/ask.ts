import pg from 'pg';
import type { JsonObject } from '../../src/domain/json.ts';
import { connectMysql } from '../../src/kit/mysql/mysql-connection.ts';
import type { Secret } from '../../src/kit/secret.ts';

/** An application's connection to its database. */
export interface Asking {
  /** How many rows came. Throws what the server said. */
  ask(sql: string): Promise<number>;
  close(): Promise<void>;
}

/** Connects over the socket, as `facts` of a database say. */
export async function connect(facts: JsonObject, password: Secret, signal: AbortSignal): Promise<Asking> {
  const [socket, user, database] = ['socket', 'user', 'database'].map((name) => String(facts[name]));
  if (facts['engine'] !== 'postgres') {
    const connection = await connectMysql({ socket: socket ?? '', user: user ?? '', password, signal });
    if (database) await connection.query(`USE \`${database}\``);
    return { ask: async (sql) => (await connection.query(sql)).length, close: async () => connection.close() };
  }
  const client = new pg.Client({
    ...{ host: socket, port: Number(facts['port']), user, database },
    ...(password.reveal() === '' ? {} : { password: password.reveal() }),
  });
  // What ends the connection also rejects what waits for it.
  client.on('error', () => undefined);
  await client.connect();
  return {
    ask: async (sql) => (await client.query({ text: sql, rowMode: 'array' })).rows.length,
    close: () => client.end(),
  };
}

/** Asks once, and must get a row. */
export async function mustAnswer(facts: JsonObject, password: Secret, sql: string, signal: AbortSignal): Promise<void> {
  const asking = await connect(facts, password, signal);
  try {
    if ((await asking.ask(sql)) === 0) throw new Error(`this answers no row: ${sql}`);
  } finally {
    await asking.close();
  }
}
