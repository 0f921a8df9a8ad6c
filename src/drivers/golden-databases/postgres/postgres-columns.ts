import type { Column, ColumnKind, EngineFamily } from '../engine-family.ts';
import { quotedName, quotedTable, quotedText } from './postgres-names.ts';

type Reading = Pick<EngineFamily, 'tables' | 'columns' | 'some' | 'filled' | 'originals' | 'held' | 'tableFiles'>;

const kinds: readonly (readonly [RegExp, ColumnKind])[] = [
  [/^(text|varchar|bpchar|citext|name)$/, 'text'],
  [/^bytea$/, 'bytes'],
  [/^int8$/, 'big'],
  [/^(int2|int4)$/, 'integer'],
  [/^(numeric|float4|float8|money)$/, 'number'],
  [/^(date|timestamp|timestamptz)$/, 'date'],
  [/^uuid$/, 'uuid'],
  [/^jsonb?$/, 'json'],
];

const originalsOf = 400;
const longestOriginal = 60;
const ofPeople = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";
/** Pieces of a partitioned table are part of it. */
const tables = `c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${ofPeople}`;

/** What is in a PostgreSQL database: that of the session. */
export const postgresReading: Reading = {
  async tables(session) {
    const rows = await session.query(
      `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${tables} ORDER BY 1, 2`,
    );
    return rows.map(([schema, name]) => ({ schema: schema ?? '', name: name ?? '' }));
  },
  async columns(session) {
    // A type of one's own counts as what it is made of.
    const rows = await session.query(
      `SELECT n.nspname, c.relname, a.attname, coalesce(b.typname, t.typname),
         CASE WHEN a.atttypmod > 4 AND coalesce(b.typname, t.typname) IN ('varchar', 'bpchar') THEN a.atttypmod - 4 END,
         a.attnotnull, a.attgenerated
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
       WHERE a.attnum > 0 AND NOT a.attisdropped AND ${tables} ORDER BY 1, 2, a.attnum`,
    );
    return rows.map(
      ([schema, table, name, type, length, filled, generated]): Column => ({
        table: { schema: schema ?? '', name: table ?? '' },
        name: name ?? '',
        kind: kinds.find(([pattern]) => pattern.test(type ?? ''))?.[1] ?? 'other',
        ...(length === null || length === undefined ? {} : { length: Number(length) }),
        nullable: filled !== 't',
        computed: generated !== '',
        touched: false,
      }),
    );
  },
  some(session, table, columns, rows) {
    const texts = columns.map(({ name }) => `left(${quotedName(name)}::text, 200)`);
    return session.query(`SELECT ${texts.join(', ')} FROM ${quotedTable(table)} LIMIT ${rows}`);
  },
  async filled(session, { table, name }, rows) {
    const found = await session.query(
      `SELECT left(${quotedName(name)}::text, 200) FROM ${quotedTable(table)} WHERE length(${quotedName(name)}::text) > 0 LIMIT ${rows}`,
    );
    return found.map(([text]) => text ?? '');
  },
  async originals(session, { table, name }) {
    const text = `left(${quotedName(name)}::text, ${longestOriginal})`;
    const from = `FROM ${quotedTable(table)} WHERE length(${quotedName(name)}::text) >= 5`;
    const [[count] = []] = await session.query(`SELECT count(*) ${from}`);
    const share = Math.min(1, (3 * originalsOf) / Math.max(1, Number(count)));
    const rows = await session.query(
      `SELECT ${text} ${from} AND random() <= ${share} ORDER BY random() LIMIT ${originalsOf}`,
    );
    return rows.map(([value]) => ({ text: value ?? '', bytes: Buffer.from(value ?? '') }));
  },
  async held(session, { table, name }, texts) {
    if (texts.length === 0) return new Set();
    const begin = `left(${quotedName(name)}::text, ${longestOriginal})`;
    const list = texts.map(quotedText).join(', ');
    const rows = await session.query(
      `SELECT DISTINCT ${begin} FROM ${quotedTable(table)} WHERE ${begin} = ANY (ARRAY[${list}]::text[])`,
    );
    return new Set(rows.map(([text]) => text ?? ''));
  },
  async tableFiles(session) {
    const rows = await session.query(
      `SELECT pg_relation_filepath(c.oid), coalesce(o.relname, c.relname), n.nspname
       FROM pg_class c
         LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class x ON x.reltoastrelid = c.oid
         LEFT JOIN pg_class o ON o.oid = coalesce(i.indrelid, x.oid) JOIN pg_namespace n ON n.oid = coalesce(o.relnamespace, c.relnamespace)
       WHERE pg_relation_filepath(c.oid) IS NOT NULL`,
    );
    const system = /^(pg_.*|information_schema)$/;
    const byFile = new Map(
      rows.map(([file, table, schema]) => [file ?? '', system.test(schema ?? '') ? '' : (table ?? '')]),
    );
    // `base/5/16384`, `base/5/16384.1`, `base/5/16384_fsm`.
    return (file) => byFile.get(file.replace(/(_(fsm|vm|init))?(\.\d+)?$/, ''));
  },
};
