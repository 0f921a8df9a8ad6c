import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import type { JsonObject } from '../src/domain/json.ts';

const run = promisify(execFile);

export interface AskAbout {
  readonly facts: JsonObject;
  readonly password: string;
  readonly user?: string;
  /** Missing: over TCP. */
  readonly by?: 'socket';
}

/** Asks a database as an application would, with the engine's own client; answers the first column. Rejects when it is refused. */
export async function ask(
  sql: string,
  { facts, password, user = String(facts['user']), by }: AskAbout,
): Promise<string[]> {
  const port = Number(facts['port']);
  const [database, socket] = [String(facts['database']), String(facts['socket'])];
  if (facts['engine'] === 'postgres') {
    const client = new pg.Client({ host: by ? socket : '127.0.0.1', port, user, password, database });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>({ text: sql });
      return rows.map((row) => String(Object.values(row)[0]));
    } finally {
      await client.end();
    }
  }
  const place = by ? [`--socket=${socket}`] : ['--protocol=tcp', '--host=127.0.0.1', `--port=${port}`];
  const env = { ...process.env, MYSQL_PWD: password };
  const argv = ['--no-defaults', ...place, `--user=${user}`, '-N', '-B', '-e', sql, database];
  const { stdout } = await run('mariadb', argv, { env });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');
}
