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
import { type Durability, openSqliteEngine, type SqliteAnswer } from './sqlite-engine.ts';

/** One SQLite connection that several dialects share, one transaction at a time. */
export interface SqliteLink {
  run(text: string, values: readonly unknown[], durability: Durability): Promise<SqliteAnswer>;
  /** Waits for its turn; the answer gives it back. */
  turn(): Promise<() => void>;
  close(): Promise<void>;
}

/** In the caller's own thread. */
export function openSqlite(path: string): SqliteLink {
  const engine = openSqliteEngine(path);
  let last: Promise<void> = Promise.resolve();
  return {
    run: (...asked) => Promise.resolve().then(() => engine.run(...asked)),
    async turn() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      return resolve;
    },
    close: () => Promise.resolve().then(() => engine.close()),
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
