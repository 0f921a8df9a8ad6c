import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { connectMysql, type MysqlConnection } from '../../kit/mysql/mysql-connection.ts';
import type { Secret } from '../../kit/secret.ts';
import { type OtherRows, othersOf, readOthers } from './read-mysql-others.ts';
import { type Schema, schemaBuilder } from './schema.ts';
import type { DatabasePlace } from './schema-spec.ts';

type Row = readonly (string | null)[];

/**
 * Of one database of MariaDB or MySQL. Over an overlay each table that is opened is copied, so there only what is known without
 * opening them: of indexes the first columns, of foreign keys nothing.
 */
export function readMysqlSchema(place: DatabasePlace, password: Secret, signal: AbortSignal): Promise<Schema> {
  return connected(place, password, signal, async ({ query }) => {
    const of = (column: string): string => `${column} = ${quoted(place.database)}`;
    const tables = await query(
      `SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION FROM information_schema.TABLES WHERE ${of('TABLE_SCHEMA')}`,
    );
    const opens = place.method !== 'overlay';
    const columnsOf = (which: string): Promise<readonly Row[]> =>
      query(
        `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, GENERATION_EXPRESSION,
          COLUMN_KEY FROM information_schema.COLUMNS WHERE ${of('TABLE_SCHEMA')} ${which} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
      );
    const columns: Row[] = [];
    if (opens) columns.push(...(await columnsOf('')));
    // One by one, since the columns of a view open what it looks at.
    else
      for (const [name] of tables.filter(isTable))
        columns.push(...(await columnsOf(`AND TABLE_NAME = ${quoted(name ?? '')}`)));
    const indexes = opens
      ? await query(
          `SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, INDEX_TYPE, COLUMN_NAME, SUB_PART
          FROM information_schema.STATISTICS WHERE ${of('TABLE_SCHEMA')} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
        )
      : [];
    const views = await query(
      `SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE ${of('TABLE_SCHEMA')}`,
    );
    const keys = opens
      ? await query(
          `SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
          FROM information_schema.KEY_COLUMN_USAGE WHERE ${of('TABLE_SCHEMA')} AND REFERENCED_TABLE_NAME IS NOT NULL
          ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
        )
      : [];
    const others = await readOthers(query, place, opens);
    const files = await filesOf(place, tables);
    return together({ opens, tables, columns, indexes, views, keys, others, files });
  });
}

const isTable = ([, type]: Row): boolean => type === 'BASE TABLE';

interface Found {
  readonly opens: boolean;
  readonly tables: readonly Row[];
  readonly columns: readonly Row[];
  readonly indexes: readonly Row[];
  readonly views: readonly Row[];
  readonly keys: readonly Row[];
  readonly others: OtherRows;
  readonly files: ReadonlyMap<string, string>;
}

function together({ opens, tables, columns, indexes, views, keys, others, files }: Found): Schema {
  const { table, add, other, schema } = schemaBuilder();
  const texts = new Map(views.map(([name, text]) => [name, text]));
  for (const row of tables) {
    const [name, , engine, collation] = row;
    const isView = !isTable(row);
    const definition = isView ? (texts.get(name ?? '') ?? '') : (engine ?? '');
    table(name ?? '', { kind: isView ? 'view' : 'table', definition, file: files.get(name ?? '') });
    if (!isView && collation) add(name ?? '', 'others', 'collation', collation);
  }
  const usual = usualCollations(columns);
  for (const row of columns) {
    const [of = '', column = '', , , , , , , key] = row;
    add(of ?? '', 'columns', column ?? '', columnText(row, usual.get(of ?? '')));
    if (!opens && key) add(of ?? '', 'indexes', `on ${column}`, firstColumns[key] ?? '');
  }
  for (const [name, index, parts] of grouped(indexes)) {
    const [[, , nonUnique, type] = []] = parts;
    const kind = index === 'PRIMARY' ? 'primary' : nonUnique === '0' ? 'unique' : type === 'BTREE' ? '' : `${type}`;
    const on = parts.map(
      ([, , , , column, length]) => `${column ?? 'an expression'}${length === null ? '' : `(${length})`}`,
    );
    add(name, 'indexes', index, `${kind} (${on.join(', ')})`.trim());
  }
  for (const [name, key, parts] of grouped(keys)) {
    const [from, to] = [parts.map(([, , column]) => column), parts.map(([, , , , column]) => column)];
    const rules = others.rules.get(JSON.stringify([name, key])) ?? '';
    add(name, 'keys', key, `(${from.join(', ')}) to ${parts[0]?.[3]} (${to.join(', ')})${rules}`);
  }
  othersOf(others, { add, other });
  return schema();
}

const firstColumns: Readonly<Record<string, string>> = { PRI: 'primary', UNI: 'unique' };

/** Rows that belong to one thing of one table, by their first two fields. */
function grouped(rows: readonly Row[]): [string, string, Row[]][] {
  const groups = Map.groupBy(rows, ([table, name]) => JSON.stringify([table, name]));
  return [...groups.values()].map((parts) => [parts[0]?.[0] ?? '', parts[0]?.[1] ?? '', parts]);
}

/** Said of every column it would only be in the way: told is what differs from most columns of the table. */
function usualCollations(columns: readonly Row[]): Map<string, string | null> {
  const byTable = Map.groupBy(
    columns.filter((row) => row[6] !== null),
    (row) => row[0] ?? '',
  );
  return new Map([...byTable].map(([name, rows]) => [name, rows[0]?.[6] ?? null]));
}

function columnText([, , type, nullable, byDefault, extra, collation, expression]: Row, usual?: string | null): string {
  const parts = [
    type,
    collation === null || collation === usual ? '' : `collate ${collation}`,
    nullable === 'NO' ? 'not null' : '',
    byDefault === null || byDefault === 'NULL' ? '' : `default ${byDefault}`,
    expression ? `as (${expression})` : '',
    extra?.toLowerCase(),
  ];
  return parts.filter((part) => part).join(' ');
}

/** A table that was written anew has another file of the same name. */
async function filesOf({ path, database }: DatabasePlace, tables: readonly Row[]): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name] of tables) {
    const encoded = name && fileName(name);
    if (!encoded) continue;
    const seen = await lstat(join(path, fileName(database) ?? '', `${encoded}.ibd`)).catch(() => undefined);
    if (seen) files.set(name, `${seen.ino}`);
  }
  return files;
}

/** As the server spells it on the disk; `undefined` for letters whose spelling is not known here. */
function fileName(name: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  if (!/^[\x00-\x7f]+$/.test(name)) return undefined;
  return name.replace(/[^A-Za-z0-9_]/g, (letter) => `@${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Estimated by the server, of these tables. */
export function countMysqlRows(
  place: DatabasePlace,
  password: Secret,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  return connected(place, password, signal, async ({ query }) => {
    if (place.engine === 'mysql') await query('SET SESSION information_schema_stats_expiry = 0');
    const rows = await query(
      `SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ${quoted(place.database)} AND TABLE_NAME IN (${tables.map(quoted).join(', ')})`,
    );
    return new Map(rows.flatMap(([name, count]) => (name && count !== null ? [[name, Number(count)] as const] : [])));
  });
}

async function connected<T>(
  { socket, user }: DatabasePlace,
  password: Secret,
  signal: AbortSignal,
  work: (connection: MysqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectMysql({ socket, user, password, signal });
  try {
    // What a recipe may set for the server must not change how we are understood.
    await connection.query("SET SESSION sql_mode = ''");
    return await work(connection);
  } finally {
    connection.close();
  }
}

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
