import type { EngineFamily } from '../engine-family.ts';
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
  quiet: async () => async () => undefined,
  async rewrite(session, table, sets) {
    const parts = [...sets].map(([name, sql]) => `${quotedName(name)} = ${sql}`);
    await session.query(`UPDATE ${quotedTable(table)} SET ${parts.join(', ')}`);
  },
  async rebuild(session, tables) {
    for (const table of tables) await session.query(`VACUUM FULL ${quotedTable(table)}`);
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
    await session.query('VACUUM (FREEZE, ANALYZE)');
  },
};
