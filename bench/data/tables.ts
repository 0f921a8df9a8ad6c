import type { BenchEngine } from './asked.ts';

/** What a shop has, and how many rows of it a megabyte of data and indexes holds, about. */
const rowsEach = { customers: 90, products: 25, orders: 240, order_lines: 700, reviews: 120, events: 1050 } as const;
export type TableName = keyof typeof rowsEach;
export const tableNames = Object.keys(rowsEach) as readonly TableName[];
/** The largest one: about half of the data. */
export const largest: TableName = 'events';

/** So that a size is that of data and indexes, without what a server has before anybody's tables. */
const shareOf: Readonly<Record<BenchEngine, number>> = { mariadb: 1.75, postgres: 1.65 };

export const rowsOf = (engine: BenchEngine, table: TableName, megabytes: number): number =>
  Math.max(20, Math.round(rowsEach[table] * megabytes * shareOf[engine]));

const words = 'blue chair of oak arrived late but works well with lamp and shelf very nice price again'.split(' ');

/** What the two servers write differently. `i` stands for the number of the row. */
interface Dialect {
  readonly word: (number: string) => string;
  readonly moment: (seconds: string) => string;
  readonly text: string;
  readonly joined: (parts: readonly string[], by: string) => string;
  readonly div: string;
}
const dialects: Readonly<Record<BenchEngine, Dialect>> = {
  mariadb: {
    word: (number) => `ELT(1 + (${number}) % ${words.length}, ${words.map((word) => `'${word}'`).join(',')})`,
    moment: (seconds) => `'2024-01-01' + INTERVAL (${seconds}) SECOND`,
    text: 'TEXT',
    joined: (parts, by) => `CONCAT_WS('${by}', ${parts.join(', ')})`,
    div: 'DIV',
  },
  postgres: {
    word: (number) => `('{${words.join(',')}}'::text[])[1 + (${number}) % ${words.length}]`,
    moment: (seconds) => `timestamp '2024-01-01' + (${seconds}) * interval '1 second'`,
    text: 'TEXT',
    joined: (parts, by) => `concat_ws('${by}', ${parts.join(', ')})`,
    div: '/',
  },
};

export interface TableMaking {
  readonly name: TableName;
  readonly create: string;
  readonly fill: string;
  /** Made after the rows where the server is quicker so. */
  readonly after: readonly string[];
}

/** Statements that make the tables and fill them inside of the server, the same rows each time. */
export function makings(engine: BenchEngine, megabytes: number): readonly TableMaking[] {
  const count = (table: TableName): number => rowsOf(engine, table, megabytes);
  return tableNames.map((name) => {
    const { columns, keys } = shapes(engine, count)[name];
    const types = columns.map(([column, type]) => `${column} ${type}`);
    const values = columns.map(([, , value]) => value).join(', ');
    const isMaria = engine === 'mariadb';
    const keyText = Object.entries(keys).map(([key, of]) =>
      `${key.startsWith('u') ? 'UNIQUE ' : ''}INDEX ${name}_${key} `.concat(isMaria ? of : `ON ${name} ${of}`),
    );
    const rows = isMaria
      ? `(SELECT seq AS i FROM seq_1_to_${count(name)}) s`
      : `generate_series(1::bigint, ${count(name)}) s(i)`;
    return {
      name,
      create: `CREATE TABLE ${name} (${[...types, ...(isMaria ? keyText : [])].join(', ')})`,
      fill: `INSERT INTO ${name} SELECT ${values} FROM ${rows}`,
      after: isMaria ? [] : keyText.map((key) => `CREATE ${key}`),
    };
  });
}

/** Column, type, value. Numbers are scattered by a multiplication, so that the same rows come each time. */
type Columns = readonly (readonly [string, string, string])[];
interface Shape {
  readonly columns: Columns;
  readonly keys: Readonly<Record<string, string>>;
}

function shapes(engine: BenchEngine, count: (table: TableName) => number): Readonly<Record<TableName, Shape>> {
  const { word, moment, text, joined, div } = dialects[engine];
  const scattered = (factor: number, below: number): string => `(i * ${factor}) % ${below}`;
  const one = (table: TableName, factor: number): string => `1 + ${scattered(factor, count(table))}`;
  const hash = (of: string): string => (engine === 'mariadb' ? `MD5(${of})` : `md5((${of})::text)`);
  const sentence = (length: number): string =>
    joined(
      Array.from({ length }, (_, index) => word(`i * ${index + 3} + i ${div} ${index + 2}`)),
      ' ',
    );
  const when = (factor: number): string => moment(scattered(factor, 60_000_000));
  const id = ['id', 'BIGINT PRIMARY KEY', 'i'] as const;
  return {
    customers: {
      columns: [
        id,
        ['email', 'VARCHAR(120) NOT NULL', joined(["'customer'", 'i', "'@mail.example'"], '.')],
        ['name', 'VARCHAR(80) NOT NULL', joined([word('i'), word('i * 7')], ' ')],
        ['city', 'VARCHAR(40) NOT NULL', joined([word(scattered(7919, 90)), scattered(31, 40)], ' ')],
        ['created_at', 'TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP', when(7919)],
        ['notes', text, sentence(16)],
      ],
      keys: { u_email: '(email)', city: '(city)', created: '(created_at)', name: '(name)' },
    },
    products: {
      columns: [
        id,
        ['sku', 'CHAR(32) NOT NULL', hash('i')],
        ['title', 'VARCHAR(120) NOT NULL', sentence(5)],
        ['price', 'INT NOT NULL', scattered(7919, 90_000)],
        ['description', text, sentence(40)],
      ],
      keys: { u_sku: '(sku)', price: '(price)', title: '(title)' },
    },
    orders: {
      columns: [
        id,
        ['customer_id', 'BIGINT NOT NULL REFERENCES customers(id)', one('customers', 104_729)],
        ['reference', 'CHAR(32) NOT NULL', hash('i + 7')],
        ['status', 'VARCHAR(12) NOT NULL', word(scattered(31, 5))],
        ['total', 'INT NOT NULL', scattered(7919, 900_000)],
        ['placed_at', 'TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP', when(104_729)],
        ['address', 'VARCHAR(160) NOT NULL', sentence(8)],
      ],
      keys: { u_reference: '(reference)', customer: '(customer_id, placed_at)', status: '(status, placed_at)' },
    },
    order_lines: {
      columns: [
        id,
        ['order_id', 'BIGINT NOT NULL REFERENCES orders(id)', one('orders', 15_485_863)],
        ['product_id', 'BIGINT NOT NULL REFERENCES products(id)', one('products', 104_729)],
        ['quantity', 'INT NOT NULL', `1 + ${scattered(31, 9)}`],
        ['price', 'INT NOT NULL', scattered(7919, 90_000)],
        ['remark', 'VARCHAR(120) NOT NULL', sentence(4)],
      ],
      keys: { line_order: '(order_id)', product: '(product_id, quantity)' },
    },
    reviews: {
      columns: [
        id,
        ['product_id', 'BIGINT NOT NULL REFERENCES products(id)', one('products', 7919)],
        ['customer_id', 'BIGINT NOT NULL REFERENCES customers(id)', one('customers', 15_485_863)],
        ['stars', 'INT NOT NULL', scattered(31, 6)],
        ['written_at', 'TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP', when(15_485_863)],
        ['body', text, sentence(60)],
      ],
      keys: { product: '(product_id, stars)', customer: '(customer_id)', written: '(written_at)' },
    },
    events: {
      columns: [
        id,
        ['customer_id', 'BIGINT NOT NULL', one('customers', 15_485_863)],
        ['kind', 'VARCHAR(16) NOT NULL', word(scattered(7919, 11))],
        ['session', 'CHAR(32) NOT NULL', hash(`i ${div} 6`)],
        ['happened_at', 'TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP', when(15_485_863)],
        ['payload', text, joined(['\'{"page":"\'', word('i * 5'), hash('i * 13'), sentence(6), "'\"}'"], '/')],
      ],
      keys: { customer: '(customer_id, happened_at)', kind: '(kind, happened_at)', session: '(session)' },
    },
  };
}

/** The last twenty things that somebody did: by an index of the largest table, then its rows. */
export const firstRows = (table: string): string =>
  `SELECT id, kind, payload FROM ${table} WHERE customer_id = 17 ORDER BY happened_at DESC LIMIT 20`;
