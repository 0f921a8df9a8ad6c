import { WizardError } from '../../../domain/wizard-error.ts';
import type { EngineFamily, Session, Table } from '../engine-family.ts';
import { type MaskWords, maskExpression } from '../mask-expression.ts';
import { countOf, mysqlReading } from './mysql-columns.ts';
import { quotedName, quotedTable, quotedText } from './mysql-names.ts';

type Changing = Pick<
  EngineFamily,
  'createDatabase' | 'renameDatabase' | 'empty' | 'keepNewest' | 'masked' | 'quiet' | 'rewrite' | 'rebuild' | 'settle'
>;

const words: MaskWords = {
  column: quotedName,
  digest({ name, kind }, key) {
    const column = quotedName(name);
    const value = kind === 'bytes' ? `HEX(${column})` : `TRIM(TRAILING FROM LOWER(CONVERT(${column} USING utf8mb4)))`;
    return `SHA2(CONCAT('${key}', ${value}), 256)`;
  },
  number: (digest, at) => `CAST(CONV(SUBSTRING(${digest}, ${at}, 8), 16, 10) AS UNSIGNED)`,
  pick: (list, number) => `ELT(1 + ${number} % ${list.length}, ${list.map(quotedText).join(', ')})`,
  join: (...parts) => `CONCAT(${parts.join(', ')})`,
  bytes: (digits) => `UNHEX(${digits})`,
  uuid: (digits) =>
    `CONCAT_WS('-', LEFT(${digits}, 8), SUBSTRING(${digits}, 9, 4), SUBSTRING(${digits}, 13, 4), SUBSTRING(${digits}, 17, 4), SUBSTRING(${digits}, 21, 12))`,
  big: (digest) => `CAST(CONV(LEFT(${digest}, 13), 16, 10) AS UNSIGNED)`,
};

/** What a bake changes in a MySQL or MariaDB database. */
export const mysqlChanging: Changing = {
  async createDatabase(session, name) {
    await session.query(`CREATE DATABASE IF NOT EXISTS ${quotedName(name)} DEFAULT CHARACTER SET utf8mb4`);
  },
  renameDatabase: async (_room, from, to) => {
    throw new WizardError(`calling the database ${to}: its dump calls it ${from}, and MySQL cannot rename databases`, {
      code: 'golden/other-database',
      remedy: 'fix-setup',
      hint: `Set "database: ${from}", or make the dump without --databases.`,
    });
  },
  async empty(session, table) {
    await session.query(`TRUNCATE TABLE ${quotedTable(table)}`);
  },
  async keepNewest(session, table, rows) {
    const more = (await countOf(session, table)) - rows;
    if (more <= 0) return;
    const keys = await session.query(
      `SELECT column_name FROM information_schema.key_column_usage WHERE constraint_name = 'PRIMARY'
       AND table_schema = ${quotedText(table.schema)} AND table_name = ${quotedText(table.name)} ORDER BY ordinal_position`,
    );
    const order = keys.length === 0 ? '' : ` ORDER BY ${keys.map(([key]) => quotedName(key ?? '')).join(', ')}`;
    await session.query(`DELETE FROM ${quotedTable(table)}${order} LIMIT ${more}`);
    // Its file would keep the room, and most of what was in it.
    await writeAnew(session, table);
  },
  masked: (column, rule, key) => maskExpression(column, rule, key, words),
  quiet,
  async rewrite(session, table, sets, touched) {
    const parts = [...sets].map(([name, sql]) => `${quotedName(name)} = ${sql}`);
    const kept = touched.filter((name) => !sets.has(name)).map((name) => `${quotedName(name)} = ${quotedName(name)}`);
    await session.query(`UPDATE ${quotedTable(table)} SET ${[...parts, ...kept].join(', ')}`);
  },
  async rebuild(session, tables) {
    const versioned = await session.query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'SYSTEM VERSIONED'`,
    );
    for (const table of tables) {
      // Rows as they were before.
      if (versioned.some(([name]) => name === table.name))
        await session.query(`DELETE HISTORY FROM ${quotedTable(table)}`);
      await writeAnew(session, table);
    }
    // The least, the greatest and the most common values, as MariaDB saw them when it was last asked to.
    const [seen] = await session.query(
      `SELECT 1 FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name = 'column_stats'`,
    );
    if (seen) await session.query('TRUNCATE TABLE mysql.column_stats');
  },
  async settle(session, database) {
    await giveDefiners(session, database);
    for (const table of await mysqlReading.tables(session)) await session.query(`ANALYZE TABLE ${quotedTable(table)}`);
  },
};

async function writeAnew(session: Session, table: Table): Promise<void> {
  await session.query(`ALTER TABLE ${quotedTable(table)} FORCE, ALGORITHM=COPY`);
}

/** Drops the triggers of the database; the answer makes them again as they were. Its `UPDATE`s must not write old values elsewhere. */
async function quiet(session: Session): Promise<() => Promise<void>> {
  const rows = await session.query(
    'SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY event_object_table, action_timing, event_manipulation, action_order',
  );
  const made: string[][] = [];
  for (const [name] of rows) {
    const [[, mode, statement] = []] = await session.query(`SHOW CREATE TRIGGER ${quotedName(name ?? '')}`);
    made.push([`SET SESSION sql_mode=${quotedText(mode ?? '')}`, statement ?? '']);
  }
  for (const [name] of rows) await session.query(`DROP TRIGGER ${quotedName(name ?? '')}`);
  return async () => {
    for (const statements of made) for (const statement of statements) await session.query(statement);
    await session.query("SET SESSION sql_mode=''");
  };
}

/** Views, triggers and routines run in the name of who made them: whom the server does not know would be a fault in each. */
async function giveDefiners(session: Session, database: string): Promise<void> {
  const of = (table: string, column: string): string =>
    `SELECT definer FROM information_schema.${table} WHERE ${column} = ${quotedText(database)}`;
  const places = [
    ['views', 'table_schema'],
    ['triggers', 'trigger_schema'],
    ['routines', 'routine_schema'],
    ['events', 'event_schema'],
  ] as const;
  const rows = await session.query(places.map(([table, column]) => of(table, column)).join(' UNION '));
  for (const [definer = ''] of rows) {
    const at = definer?.lastIndexOf('@') ?? -1;
    if (definer === null || at <= 0 || definer === 'root@localhost') continue;
    const account = `${quotedText(definer.slice(0, at))}@${quotedText(definer.slice(at + 1))}`;
    await session.query(`CREATE USER IF NOT EXISTS ${account} ACCOUNT LOCK`);
    await session.query(`GRANT ALL ON ${quotedName(database)}.* TO ${account}`);
  }
}
