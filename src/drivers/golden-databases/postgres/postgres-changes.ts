import type { EngineFamily, Session } from '../engine-family.ts';
import { type MaskWords, maskExpression } from '../mask-expression.ts';
import { quotedName, quotedTable, quotedText } from './postgres-names.ts';

type Changing = Pick<
  EngineFamily,
  'createDatabase' | 'empty' | 'keepNewest' | 'masked' | 'quiet' | 'rewrite' | 'rebuild' | 'settle'
>;

const words: MaskWords = {
  column: quotedName,
  digest({ name, kind }, key) {
    const column = quotedName(name);
    const value = kind === 'bytes' ? `encode(${column}, 'hex')` : `rtrim(lower(${column}::text))`;
    return `encode(sha256(convert_to('${key}' || ${value}, 'UTF8')), 'hex')`;
  },
  number: (digest, at) => `(('x' || substr(${digest}, ${at}, 8))::bit(32)::bigint)`,
  pick: (list, number) => `(ARRAY[${list.map(quotedText).join(', ')}])[1 + ${number} % ${list.length}]`,
  join: (...parts) => `concat(${parts.join(', ')})`,
  bytes: (digits) => `decode(${digits}, 'hex')`,
  uuid: (digits) => `left(${digits}, 32)::uuid`,
  big: (digest) => `('x0' || left(${digest}, 13))::bit(56)::bigint`,
};

/** What a bake changes in a PostgreSQL database. The session lets neither triggers nor foreign keys act. */
export const postgresChanging: Changing = {
  async createDatabase(session, name) {
    const [found] = await session.query(`SELECT 1 FROM pg_database WHERE datname = ${quotedText(name)}`);
    if (!found) await session.query(`CREATE DATABASE ${quotedName(name)} TEMPLATE template0`);
  },
  async empty(session, table) {
    // A TRUNCATE would want the tables that refer to it too.
    await session.query(`DELETE FROM ${quotedTable(table)}`);
    await session.query(`VACUUM FULL ${quotedTable(table)}`);
  },
  async keepNewest(session, table, rows) {
    const keys = await session.query(
      `SELECT a.attname FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
       WHERE i.indisprimary AND i.indrelid = ${quotedText(quotedTable(table))}::regclass ORDER BY k.place`,
    );
    const order =
      keys.length === 0 ? '' : ` ORDER BY ${keys.map(([key]) => `${quotedName(key ?? '')} DESC`).join(', ')}`;
    const name = quotedTable(table);
    const kept = `SELECT tableoid, ctid FROM ${name}${order} LIMIT ${rows}`;
    await session.query(`DELETE FROM ${name} WHERE (tableoid, ctid) NOT IN (${kept})`);
  },
  masked: (column, rule, key) => maskExpression(column, rule, key, words),
  quiet,
  async rewrite(session, table, sets) {
    const parts = [...sets].map(([name, sql]) => `${quotedName(name)} = ${sql}`);
    await session.query(`UPDATE ${quotedTable(table)} SET ${parts.join(', ')}`);
  },
  async rebuild(session, tables) {
    for (const table of tables) await rewriteWithRoom(session, quotedTable(table));
    const views = await session.query(
      `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'm' AND c.relispopulated ORDER BY c.oid`,
    );
    for (const [schema, name] of views)
      await session.query(`REFRESH MATERIALIZED VIEW ${quotedTable({ schema: schema ?? '', name: name ?? '' })}`);
    // What the last ANALYZE saw.
    for (const catalog of ['pg_statistic', 'pg_statistic_ext_data']) {
      await session.query(`DELETE FROM pg_catalog.${catalog}`);
      await session.query(`VACUUM FULL pg_catalog.${catalog}`);
    }
  },
  async settle(session) {
    for (const name of await withoutRoom(session)) await rewriteWithRoom(session, name);
    await session.query('VACUUM (FREEZE, ANALYZE)');
  },
};

/** What acts even where triggers do not; the others are quiet in each session of a bake. */
async function quiet(session: Session): Promise<() => Promise<void>> {
  const rows = await session.query(
    `SELECT format('ALTER TABLE %s', tgrelid::regclass), format('TRIGGER %I', tgname), CASE tgenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END
     FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('A', 'R') ORDER BY oid`,
  );
  for (const [table, trigger] of rows) await session.query(`${table} DISABLE ${trigger}`);
  return async () => {
    for (const [table, trigger, when] of rows) await session.query(`${table} ENABLE ${when} ${trigger}`);
  };
}

const rewritten = new WeakMap<Session, Set<string>>();

/** Tables, also pieces of partitioned ones, that are as full as they can be and were not written anew in this session. */
async function withoutRoom(session: Session): Promise<readonly string[]> {
  const rows = await session.query(
    `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY c.oid`,
  );
  const names = rows.map(([schema, name]) => quotedTable({ schema: schema ?? '', name: name ?? '' }));
  return names.filter((name) => !rewritten.get(session)?.has(name));
}

/**
 * Writes a table anew with a tenth of each page left free, where nobody asked for another share: a changed row then stays on its page, and
 * its indexes need not be written, so a clone that changes a few rows still shares most pages. What the table is set to stays as it was.
 */
async function rewriteWithRoom(session: Session, name: string): Promise<void> {
  const done = rewritten.get(session) ?? new Set();
  rewritten.set(session, done.add(name));
  const [isFull] = await session.query(
    `SELECT 1 FROM pg_class WHERE oid = ${quotedText(name)}::regclass AND relkind = 'r'
       AND NOT coalesce(reloptions::text LIKE '%fillfactor%', false)`,
  );
  if (isFull) await session.query(`ALTER TABLE ${name} SET (fillfactor = 90)`);
  await session.query(`VACUUM FULL ${name}`);
  if (isFull) await session.query(`ALTER TABLE ${name} RESET (fillfactor)`);
}
