import type { Column, ColumnKind, EngineFamily, Session, Table } from '../engine-family.ts';
import { quotedName, quotedTable } from './mysql-names.ts';

type Reading = Pick<
  EngineFamily,
  'tables' | 'columns' | 'some' | 'filled' | 'originals' | 'held' | 'filledDatabases' | 'tableFiles'
>;

const kinds: readonly (readonly [RegExp, ColumnKind])[] = [
  [/^(char|varchar|tinytext|text|mediumtext|longtext)$/, 'text'],
  [/^(binary|varbinary|tinyblob|blob|mediumblob|longblob)$/, 'bytes'],
  [/^bigint$/, 'big'],
  [/^(tinyint|smallint|mediumint|int)$/, 'integer'],
  [/^(decimal|float|double)$/, 'number'],
  [/^(date|datetime|timestamp)$/, 'date'],
  [/^uuid$/, 'uuid'],
  [/^json$/, 'json'],
];

/** How many values of a column are looked for later, about. */
const originalsOf = 400;
const longestOriginal = 60;

/** What is in a MySQL or MariaDB database. Session and answers speak of the database that is in use. */
export const mysqlReading: Reading = {
  async tables(session) {
    const rows = await session.query(
      `SELECT table_schema, table_name FROM information_schema.tables
       WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name`,
    );
    return rows.map(([schema, name]) => ({ schema: schema ?? '', name: name ?? '' }));
  },
  async columns(session) {
    const rows = await session.query(
      `SELECT c.table_schema, c.table_name, c.column_name, c.data_type, c.character_maximum_length, c.is_nullable, c.extra
       FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
       WHERE c.table_schema = DATABASE() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
       ORDER BY c.table_name, c.ordinal_position`,
    );
    return rows.map(
      ([schema, table, name, type, length, nullable, extra]): Column => ({
        table: { schema: schema ?? '', name: table ?? '' },
        name: name ?? '',
        kind: kinds.find(([pattern]) => pattern.test(type ?? ''))?.[1] ?? 'other',
        ...(length === null || length === undefined ? {} : { length: Number(length) }),
        nullable: nullable === 'YES',
        computed: /generated|invisible system/i.test(extra ?? ''),
        touched: /on update/i.test(extra ?? ''),
      }),
    );
  },
  async some(session, table, columns, rows) {
    const texts = columns.map(({ name }) => `LEFT(CONVERT(${quotedName(name)} USING utf8mb4), 200)`);
    return session.query(`SELECT ${texts.join(', ')} FROM ${quotedTable(table)} LIMIT ${rows}`);
  },
  async filled(session, { table, name }, rows) {
    const column = quotedName(name);
    const found = await session.query(
      `SELECT LEFT(CONVERT(${column} USING utf8mb4), 200) FROM ${quotedTable(table)} WHERE LENGTH(${column}) > 0 LIMIT ${rows}`,
    );
    return found.map(([text]) => text ?? '');
  },
  async originals(session, { table, name }) {
    const column = quotedName(name);
    const cut = `LEFT(${column}, ${longestOriginal})`;
    const from = `FROM ${quotedTable(table)} WHERE LENGTH(${column}) >= 5`;
    const [[count] = []] = await session.query(`SELECT COUNT(*) ${from}`);
    const share = Math.min(1, (3 * originalsOf) / Math.max(1, Number(count)));
    const rows = await session.query(
      `SELECT CONVERT(${cut} USING utf8mb4), HEX(${cut}) ${from} AND RAND() <= ${share} ORDER BY RAND() LIMIT ${originalsOf}`,
    );
    return rows.map(([text, hex]) => ({ text: text ?? '', bytes: Buffer.from(hex ?? '', 'hex') }));
  },
  async held(session, { table, name }, texts) {
    if (texts.length === 0) return new Set();
    // Letters of another case are another value here, whatever the column thinks of them.
    const begin = `HEX(CONVERT(LEFT(${quotedName(name)}, ${longestOriginal}) USING utf8mb4))`;
    const list = texts.map((text) => `'${Buffer.from(text).toString('hex').toUpperCase()}'`).join(', ');
    const rows = await session.query(`SELECT DISTINCT ${begin} FROM ${quotedTable(table)} WHERE ${begin} IN (${list})`);
    return new Set(rows.map(([hex]) => Buffer.from(hex ?? '', 'hex').toString()));
  },
  async filledDatabases(_room, session) {
    const rows = await session.query(
      `SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
       AND table_schema NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')`,
    );
    return rows.map(([name]) => name ?? '');
  },
  async tableFiles(session, database) {
    const tables = await mysqlReading.tables(session);
    const byFile = new Map(tables.map(({ name }) => [`${fileName(database)}/${fileName(name)}`.toLowerCase(), name]));
    // `users.ibd`, `users#P#p0.ibd`, `users.MYD`.
    return (file) => byFile.get(file.replace(/(#[pP]#.*)?\.[A-Za-z]{3}$/, '').toLowerCase());
  },
};

export async function countOf(session: Session, table: Table): Promise<number> {
  const [row] = await session.query(`SELECT COUNT(*) FROM ${quotedTable(table)}`);
  return Number(row?.[0] ?? 0);
}

/** How the server writes a name in a path. */
const fileName = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9_]/g, (letter) => `@${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
