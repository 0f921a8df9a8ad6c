import type { Schema, Table } from './schema.ts';

/** One table or view that is not as it was. */
export interface TableChange {
  readonly table: string;
  /** `rewritten`: changed, and all of its rows were written anew. */
  readonly what: 'added' | 'removed' | 'changed' | 'rewritten';
  /** `column coupon varchar(40) added`; may be empty. */
  readonly parts: readonly string[];
}

/** What changed, by the tables' names. `rebuilt`: those that a statement is known to have rebuilt. */
export function compareSchemas(before: Schema, after: Schema, rebuilt: ReadonlySet<string> = new Set()): TableChange[] {
  const names = [...new Set([...Object.keys(before.tables), ...Object.keys(after.tables)])].sort();
  return names.flatMap((table) => {
    const [old, now] = [own(before.tables, table), own(after.tables, table)];
    if (!now) return old ? [{ table, what: 'removed', parts: [old.kind] } satisfies TableChange] : [];
    if (!old) return [{ table, what: 'added', parts: [now.kind, ...countsOf(now)] } satisfies TableChange];
    return changed(table, old, now, rebuilt.has(plainName(table)));
  });
}

function changed(table: string, old: Table, now: Table, wasRebuilt: boolean): TableChange[] {
  const parts = [
    ...entries('column', old.columns, now.columns),
    ...entries('index', old.indexes, now.indexes),
    ...entries('key', old.keys, now.keys),
    ...(old.definition === now.definition ? [] : [definition(old, now)]),
  ];
  const newFile = old.file !== undefined && now.file !== undefined && old.file !== now.file;
  // A table that was emptied has a new file too.
  const rewritten = newFile && (parts.length > 0 || wasRebuilt);
  return parts.length > 0 || rewritten ? [{ table, what: rewritten ? 'rewritten' : 'changed', parts }] : [];
}

function entries(what: string, old: Record<string, string>, now: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const [was, is] = [own(old, name), own(now, name)];
    if (was === is) return [];
    if (was === undefined) return [`${what} ${name} ${is} added`];
    return is === undefined ? [`${what} ${name} removed`] : [`${what} ${name} ${was} → ${is}`];
  });
}

const definition = (old: Table, now: Table): string =>
  old.kind === 'view' || now.kind === 'view' ? 'view defined anew' : `${old.definition} → ${now.definition}`;

function countsOf({ columns, indexes }: Table): string[] {
  const count = (all: object, one: string, many: string): string[] => {
    const { length } = Object.keys(all);
    return length === 0 ? [] : [`${length} ${length === 1 ? one : many}`];
  };
  return [...count(columns, 'column', 'columns'), ...count(indexes, 'index', 'indexes')];
}

/** Tables may be called `constructor`. */
const own = <T>(all: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined;

/** Without the schema of PostgreSQL that it is in. */
export const plainName = (table: string): string => table.split('.').at(-1) ?? table;
