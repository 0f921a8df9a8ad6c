import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { openWorker } from '../kit/open-worker.ts';
import { type Durability, openSqliteEngine, type SqliteAnswer } from './sqlite-engine.ts';
import type { WorkerAnswer, WorkerQuestion } from './sqlite-worker.ts';

/** One SQLite connection that several dialects share, one transaction at a time. */
export interface SqliteLink {
  run(text: string, values: readonly unknown[], durability: Durability): Promise<SqliteAnswer>;
  /** Waits for its turn; the answer gives it back. */
  turn(): Promise<() => void>;
  close(): Promise<void>;
}

type Runner = Pick<SqliteLink, 'run' | 'close'>;

export const sqliteInWorker = (path: string): SqliteLink => withTurns(workerRunner(path));

/** In the caller's own thread: deterministic, for simulation and tests. */
export function sqliteInPlace(path: string): SqliteLink {
  const engine = openSqliteEngine(path);
  return withTurns({
    run: (...asked) => Promise.resolve().then(() => engine.run(...asked)),
    close: () => Promise.resolve().then(() => engine.close()),
  });
}

function withTurns(runner: Runner): SqliteLink {
  let last: Promise<void> = Promise.resolve();
  return {
    ...runner,
    async turn() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return resolve;
    },
  };
}

function workerRunner(path: string): Runner {
  const worker = openWorker(new URL('./sqlite-worker.ts', import.meta.url), path);
  const waiting = new Map<number, { resolve(answer: SqliteAnswer): void; reject(error: Error): void }>();
  let count = 0;
  let ended: Error | undefined;
  const fail = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (answer: WorkerAnswer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('answer' in answer) caller?.resolve(answer.answer);
    else caller?.reject(Object.assign(new Error(answer.error.message), answer.error));
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the database thread has ended')));
  return {
    run: (text, values, durability) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        count += 1;
        waiting.set(count, { resolve, reject });
        worker.postMessage({ id: count, text, values, durability } satisfies WorkerQuestion);
      }),
    close: () =>
      new Promise((resolve) => {
        if (ended) return resolve();
        worker.once('exit', () => resolve());
        worker.postMessage('close');
      }),
  };
}

export function sqliteDialect(link: SqliteLink, durability: Durability): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => sqliteDriver(link, durability),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function sqliteDriver(link: SqliteLink, durability: Durability): Driver {
  const turns = new WeakMap<DatabaseConnection, () => void>();
  return {
    init: () => Promise.resolve(),
    async acquireConnection() {
      const giveBack = await link.turn();
      const connection = connectionOver(link, durability);
      turns.set(connection, giveBack);
      return connection;
    },
    beginTransaction: (connection) => run(connection, 'begin immediate'),
    commitTransaction: (connection) => run(connection, 'commit'),
    rollbackTransaction: (connection) => run(connection, 'rollback'),
    releaseConnection(connection) {
      turns.get(connection)?.();
      return Promise.resolve();
    },
    destroy: () => Promise.resolve(),
  };
}

async function run(connection: DatabaseConnection, text: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(text));
}

function connectionOver(link: SqliteLink, durability: Durability): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, changes } = await link.run(query.sql, query.parameters, durability);
      return { rows: rows as Row[], numAffectedRows: BigInt(changes) };
    },
    streamQuery() {
      throw new Error('streaming rows is not used here');
    },
  };
}
