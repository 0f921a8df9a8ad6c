import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

export interface SqliteAnswer {
  readonly rows: readonly Record<string, unknown>[];
  readonly changes: number;
}

/** `full` waits for the disk at each commit; `normal` survives our death but not a power cut. */
export type Durability = 'full' | 'normal';

/** Runs one statement after another on one connection, where it is called. */
export interface SqliteEngine {
  /** Within a transaction the durability is that of its beginning. */
  run(text: string, values: readonly unknown[], durability: Durability): SqliteAnswer;
  close(): void;
}

interface Prepared {
  readonly statement: StatementSync;
  readonly answersRows: boolean;
}

const cachedStatements = 200;

export function openSqliteEngine(path: string): SqliteEngine {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON;');
  // A statement prepared for each query costs more than running it, and grows memory.
  const statements = new Map<string, Prepared>();
  const prepare = (text: string): Prepared => {
    const known = statements.get(text);
    if (known) return known;
    if (statements.size >= cachedStatements) statements.clear();
    const statement = database.prepare(text);
    const prepared = { statement, answersRows: statement.columns().length > 0 };
    statements.set(text, prepared);
    return prepared;
  };
  let current: Durability = 'full';
  const become = (durability: Durability): void => {
    if (durability === current || database.isTransaction) return;
    database.exec(`PRAGMA synchronous=${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    current = durability;
  };
  return {
    run(text, values, durability) {
      // After some failures, a full disk among them, the database has taken the transaction back itself.
      if (text === 'rollback' && !database.isTransaction) return { rows: [], changes: 0 };
      become(durability);
      const { statement, answersRows } = prepare(text);
      const inputs = values as SQLInputValue[];
      if (answersRows) return { rows: statement.all(...inputs), changes: 0 };
      return { rows: [], changes: Number(statement.run(...inputs).changes) };
    },
    close: () => database.close(),
  };
}
