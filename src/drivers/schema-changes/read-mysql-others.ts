import type { MysqlConnection } from '../../kit/mysql/mysql-connection.ts';
import type { schemaBuilder } from './schema.ts';
import type { DatabasePlace } from './schema-spec.ts';

type Row = readonly (string | null)[];

/** What a schema has beside columns, indexes and keys. */
export interface OtherRows {
  readonly triggers: readonly Row[];
  readonly routines: readonly Row[];
  readonly partitions: readonly Row[];
  readonly checks: readonly Row[];
  /** Of foreign keys, by the names of table and key: ` on delete cascade`. */
  readonly rules: ReadonlyMap<string, string>;
}

/** `opens`: whether tables may be opened to look at them. */
export async function readOthers(
  query: MysqlConnection['query'],
  { engine, database }: Pick<DatabasePlace, 'engine' | 'database'>,
  opens: boolean,
): Promise<OtherRows> {
  const of = (column: string): string => `${column} = '${database.replaceAll(/['\\]/g, '\\$&')}'`;
  const triggers = await query(
    `SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT
    FROM information_schema.TRIGGERS WHERE ${of('TRIGGER_SCHEMA')} ORDER BY 1, 2`,
  );
  const routines = await query(
    `SELECT ROUTINE_TYPE, ROUTINE_NAME, DTD_IDENTIFIER, ROUTINE_DEFINITION, LAST_ALTERED
    FROM information_schema.ROUTINES WHERE ${of('ROUTINE_SCHEMA')} ORDER BY 1, 2`,
  );
  if (!opens) return { triggers, routines, partitions: [], checks: [], rules: new Map() };
  const partitions = await query(
    `SELECT TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, PARTITION_DESCRIPTION
    FROM information_schema.PARTITIONS WHERE ${of('TABLE_SCHEMA')} AND PARTITION_NAME IS NOT NULL
    ORDER BY TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION`,
  );
  // MySQL's, where there is one, does not say of which table a check is.
  const checks =
    engine === 'mariadb'
      ? await query(
          `SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
          WHERE ${of('CONSTRAINT_SCHEMA')} ORDER BY 1, 2`,
        )
      : [];
  const rules = await query(
    `SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${of('CONSTRAINT_SCHEMA')}`,
  );
  const byKey = rules.map(([table, key, onDelete, onUpdate]) => {
    const text = `${rule('delete', onDelete)}${rule('update', onUpdate)}`;
    return [JSON.stringify([table, key]), text] as const;
  });
  return { triggers, routines, partitions, checks, rules: new Map(byKey) };
}

/** What is the same as nothing said is not told. */
const rule = (when: string, what: string | null | undefined): string =>
  !what || what === 'RESTRICT' || what === 'NO ACTION' ? '' : ` on ${when} ${what.toLowerCase()}`;

export function othersOf(
  { triggers, routines, partitions, checks }: OtherRows,
  { add, other }: Pick<ReturnType<typeof schemaBuilder>, 'add' | 'other'>,
): void {
  for (const [table, name, timing, event, body] of triggers)
    add(table ?? '', 'others', `trigger ${name}`, `${timing} ${event}`.toLowerCase(), body ?? '');
  for (const [table, name, within, method, expression, description] of partitions) {
    const by = `by ${method?.toLowerCase()} (${expression ?? ''})`;
    add(table ?? '', 'others', `partition ${within ?? name}`, description === null ? by : `${by} ${description}`);
  }
  for (const [table, name, clause] of checks) add(table ?? '', 'keys', name ?? '', `check (${clause})`);
  // The text of a routine that another account made is not for us: then it tells when it was changed.
  for (const [type, name, returns, body, altered] of routines)
    other(`${(type ?? '').toLowerCase()} ${name}`, returns ?? '', body ?? altered ?? '');
}
