import pg from 'pg';
import type { Secret } from '../../kit/secret.ts';
import { type Schema, schemaBuilder } from './schema.ts';
import type { DatabasePlace } from './schema-spec.ts';

type Row = Readonly<Record<string, string | null>>;

const within = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;
/** Tables of `public` are called by their name alone. */
const name = `CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname`;
const relations = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
const isTable = `c.relkind IN ('r', 'p', 'v', 'm') AND ${within}`;

/** Of one database of PostgreSQL, all schemas but its own. */
export function readPostgresSchema(place: DatabasePlace, password: Secret, signal: AbortSignal): Promise<Schema> {
  return connected(place, password, signal, async (query) => {
    const { table, add, other, schema } = schemaBuilder();
    for (const row of await query(
      `SELECT ${name} AS name, c.relkind::text AS kind, pg_catalog.pg_relation_filenode(c.oid)::text AS file,
      CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) ELSE '' END AS text FROM ${relations} WHERE ${isTable}`,
    )) {
      const kind = row['kind'] === 'v' || row['kind'] === 'm' ? 'view' : 'table';
      table(row['name'] ?? '', { kind, definition: row['text'] ?? '', file: row['file'] ?? undefined });
    }
    for (const [what, sql] of entries) {
      for (const row of await query(sql))
        add(row['name'] ?? '', what, row['entry'] ?? '', shortText(row['text'] ?? ''), row['hidden'] ?? '');
    }
    for (const row of await query(elsewhere)) other(row['entry'] ?? '', row['text'] ?? '', row['hidden'] ?? '');
    return schema();
  });
}

/** How an index is told beside its name: without its name and that of its table. */
const shortText = (text: string): string =>
  text.replace(/^(primary |unique )?CREATE [^\n]*? USING (?:btree )?/, '$1').trim();

const entries = [
  [
    'columns',
    `SELECT ${name} AS name, a.attname AS entry, pg_catalog.concat_ws(' ', pg_catalog.format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attnotnull THEN 'not null' END,
      CASE a.attidentity WHEN 'a' THEN 'generated always as identity' WHEN 'd' THEN 'generated as identity' END,
      CASE a.attgenerated WHEN '' THEN 'default ' ELSE 'as ' END || pg_catalog.pg_get_expr(d.adbin, d.adrelid)) AS text
    FROM ${relations} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE ${isTable} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`,
  ],
  [
    'indexes',
    `SELECT ${name} AS name, i.relname AS entry, CASE WHEN x.indisprimary THEN 'primary ' WHEN x.indisunique THEN 'unique ' ELSE '' END
      || pg_catalog.pg_get_indexdef(i.oid) AS text
    FROM ${relations} JOIN pg_catalog.pg_index x ON x.indrelid = c.oid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    WHERE ${isTable} ORDER BY 1, 2`,
  ],
  [
    'keys',
    `SELECT ${name} AS name, k.conname AS entry, pg_catalog.pg_get_constraintdef(k.oid) AS text
    FROM ${relations} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid
    WHERE ${isTable} AND k.contype IN ('f', 'c', 'x') ORDER BY 1, 2`,
  ],
  [
    'others',
    `SELECT ${name} AS name, 'trigger ' || t.tgname AS entry, CASE t.tgenabled WHEN 'D' THEN 'disabled' END AS text,
      pg_catalog.pg_get_triggerdef(t.oid) AS hidden
    FROM ${relations} JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE ${isTable} AND NOT t.tgisinternal
    UNION ALL SELECT ${name}, 'partition of ' || pg_catalog.regexp_replace(i.inhparent::regclass::text, '^public[.]', ''), pg_catalog.pg_get_expr(c.relpartbound, c.oid), NULL
    FROM ${relations} JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid WHERE ${isTable} AND c.relispartition
    ORDER BY 1, 2`,
  ],
] as const;

const outside = (catalog: string): string =>
  `${within} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.${catalog}'::regclass AND e.objid = o.oid AND e.deptype = 'e')`;
const nameOf = (column: string): string =>
  `CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || ${column}`;

/** What belongs to no table, and was not brought by an extension. */
const elsewhere = `
  SELECT CASE o.prokind WHEN 'p' THEN 'procedure ' ELSE 'function ' END || ${nameOf('o.proname')}
    || '(' || pg_catalog.pg_get_function_identity_arguments(o.oid) || ')' AS entry, NULL AS text, pg_catalog.pg_get_functiondef(o.oid) AS hidden
  FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
  WHERE o.prokind IN ('f', 'p') AND ${outside('pg_proc')}
  UNION ALL SELECT 'type ' || ${nameOf('o.typname')}, CASE o.typtype WHEN 'd' THEN pg_catalog.format_type(o.typbasetype, o.typtypmod) ELSE
    (SELECT '(' || pg_catalog.string_agg(v.enumlabel, ', ' ORDER BY v.enumsortorder) || ')' FROM pg_catalog.pg_enum v WHERE v.enumtypid = o.oid) END,
    (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_catalog.pg_constraint k WHERE k.contypid = o.oid)
  FROM pg_catalog.pg_type o JOIN pg_catalog.pg_namespace n ON n.oid = o.typnamespace
  WHERE o.typtype IN ('e', 'd') AND ${outside('pg_type')}
  UNION ALL SELECT 'extension ' || extname, extversion, NULL FROM pg_catalog.pg_extension
  ORDER BY 1`;

/** Estimated by the server; of a table that it never counted nothing is said. */
export function countPostgresRows(
  place: DatabasePlace,
  password: Secret,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  return connected(place, password, signal, async (query) => {
    const rows = await query(`SELECT ${name} AS name, c.reltuples::text AS count FROM ${relations} WHERE ${isTable}`);
    const wanted = rows.filter((row) => tables.includes(row['name'] ?? '') && Number(row['count']) >= 0);
    return new Map(wanted.map((row) => [row['name'] ?? '', Number(row['count'])]));
  });
}

/** The data is the pull request's: what it put in the way of names is not looked at. */
const calm = `SET search_path = ''; SET lock_timeout = '5s'; SET statement_timeout = '20s'`;

async function connected<T>(
  { socket, port, user, database }: DatabasePlace,
  password: Secret,
  signal: AbortSignal,
  work: (query: (sql: string) => Promise<readonly Row[]>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new pg.Client({ host: socket, port, user, database, password: password.reveal() });
  // What ends the connection also rejects what waits for it.
  client.on('error', () => undefined);
  const stop = (): void => void client.end().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    await client.query(calm);
    return await work(async (sql) => (await client.query<Row>(sql)).rows);
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end();
  }
}
