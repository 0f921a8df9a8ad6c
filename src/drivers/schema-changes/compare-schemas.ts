import { type Schema, shownText, type Table } from './schema.ts';

/** One table or view, or what belongs to none, that is not as it was. */
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
  const tables = names.flatMap((table) => {
    const [old, now] = [own(before.tables, table), own(after.tables, table)];
    if (!now) return old ? [{ table, what: 'removed', parts: [old.kind] } satisfies TableChange] : [];
    if (!old) return [{ table, what: 'added', parts: [now.kind, ...countsOf(now)] } satisfies TableChange];
    return changed(table, old, now, rebuilt.has(plainName(table)));
  });
  return [...tables, ...elsewhere(before.others, after.others)];
}

type Texts = Readonly<Record<string, string>>;

/** What belongs to no table; nothing is told where one of the two did not look. */
function elsewhere(before: Texts | undefined, after: Texts | undefined): TableChange[] {
  return differing(before, after).map(({ name, was, is }) => {
    const [, kind = '', called = name] = /^(\S+) (.*)$/s.exec(name) ?? [];
    if (was === undefined) return { table: called, what: 'added', parts: [kind] };
    if (is === undefined) return { table: called, what: 'removed', parts: [kind] };
    return { table: called, what: 'changed', parts: [changeOf(kind, was, is)] };
  });
}

function changed(table: string, old: Table, now: Table, wasRebuilt: boolean): TableChange[] {
  const parts = [
    ...entries('column', old.columns, now.columns),
    ...entries('index', old.indexes, now.indexes),
    ...entries('key', old.keys, now.keys),
    ...entries('', old.others, now.others),
    ...(old.definition === now.definition ? [] : [definition(old, now)]),
  ];
  const newFile = old.file !== undefined && now.file !== undefined && old.file !== now.file;
  // A table that was emptied has a new file too.
  const rewritten = newFile && (parts.length > 0 || wasRebuilt);
  return parts.length > 0 || rewritten ? [{ table, what: rewritten ? 'rewritten' : 'changed', parts }] : [];
}

function entries(what: string, old: Texts | undefined, now: Texts | undefined): string[] {
  return differing(old, now).map(({ name, was, is }) => {
    const called = `${what} ${name}`.trim();
    if (was === undefined) return `${`${called} ${shownText(is ?? '')}`.trim()} added`;
    return is === undefined ? `${called} removed` : changeOf(called, was, is);
  });
}

interface Difference {
  readonly name: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

function differing(old: Texts | undefined, now: Texts | undefined): Difference[] {
  if (!old || !now) return [];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.map((name) => ({ name, was: own(old, name), is: own(now, name) })).filter(({ was, is }) => was !== is);
}

/** `column id int → bigint`; where no difference shows, `function defined anew`. */
function changeOf(called: string, was: string, is: string): string {
  const [before, after] = [shownText(was), shownText(is)];
  if (before === after) return `${called} defined anew`;
  return [called, before, '→', after].filter((part) => part !== '').join(' ');
}

const definition = (old: Table, now: Table): string =>
  old.kind === 'view' || now.kind === 'view' ? 'view defined anew' : changeOf('', old.definition, now.definition);

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
