import type { ServerOrigin } from '../golden-source.ts';

/** Tables that a dump would read. */
export interface PostgresLook {
  readonly tables: number;
  /** Those that this account may not read: `public.users`. */
  readonly closed: readonly string[];
}

type Asked = Pick<ServerOrigin, 'host' | 'port' | 'user' | 'password' | 'database'>;

/** Connects, and sees what it may read, reading no rows. Rejects with what the server or the network said. */
export async function lookAtPostgres(from: Asked, signal: AbortSignal): Promise<PostgresLook> {
  // Only where it is used: it takes a while to load.
  const { default: pg } = await import('pg');
  const password = from.password.reveal();
  const { host, port, user, database } = from;
  const client = new pg.Client({ host, port, user, password, database, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  const stop = (): void => void client.end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string; may: boolean }>(readable);
    return { tables: rows.length, closed: rows.filter(({ may }) => !may).map(({ name }) => name) };
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end();
  }
}

const readable = `select n.nspname || '.' || c.relname as name,
    has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as may
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' order by 1`;
