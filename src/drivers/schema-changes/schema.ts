import { createHash } from 'node:crypto';
import * as z from 'zod';

const texts = z.record(z.string(), z.string());

const table = z.object({
  kind: z.enum(['table', 'view']),
  /** Column → type, whether it may be null, default and so on. */
  columns: texts,
  indexes: texts,
  /** Foreign keys and checks. */
  keys: texts,
  /** What else belongs to its definition, such as a view's text. */
  definition: z.string(),
  /** What else belongs to it, by kind and name: `trigger audit`, `partition p0`. Missing in what an older version wrote down. */
  others: texts.optional(),
  /** Names the file that holds its rows; another one means that all of them were written anew. */
  file: z.string().optional(),
});

/** The schema of one database in a form that can be compared, whoever wrote it down. */
export const schemaShape = z.object({
  tables: z.record(z.string(), table),
  /** What belongs to no table, by kind and name: `function total(integer)`, `type mood`. Missing in what an older version wrote down. */
  others: texts.optional(),
});

export type Table = z.infer<typeof table>;
export type Schema = z.infer<typeof schemaShape>;

/** No text of a definition is shown longer: this is for people. */
const longestText = 300;

/** Before what is compared and not shown. */
const unseen = '\u0000';

/** A text of a catalog as it is kept; of what is not shown only whether it is the same. `hidden`: what belongs to it and is not for people. */
export function keptText(text: string, hidden = ''): string {
  const [shown, rest] = [text.slice(0, longestText), `${text.slice(longestText)}${hidden}`];
  return rest === '' ? shown : `${shown}${unseen}${createHash('sha256').update(rest).digest('hex').slice(0, 16)}`;
}

export const shownText = (kept: string): string => kept.split(unseen, 1)[0] ?? '';

/** Puts rows of catalogs together to tables. */
export function schemaBuilder() {
  const tables = new Map<string, Table & { others: Record<string, string> }>();
  const others: Record<string, string> = {};
  const put = (all: Record<string, string>, entry: string, value: string): void =>
    void Object.defineProperty(all, entry, { value, ...plainField });
  return {
    table(name: string, about: Pick<Table, 'kind' | 'definition'> & { readonly file?: string | undefined }): void {
      const { file, kind, definition } = about;
      const made = { kind, definition: keptText(definition), columns: {}, indexes: {}, keys: {}, others: {} };
      tables.set(name, { ...made, ...(file === undefined ? {} : { file }) });
    },
    add(name: string, what: 'columns' | 'indexes' | 'keys' | 'others', entry: string, text: string, hidden = ''): void {
      const one = tables.get(name);
      if (one) put(one[what], entry, keptText(text, hidden));
    },
    /** What belongs to no table. */
    other: (entry: string, text: string, hidden = ''): void => put(others, entry, keptText(text, hidden)),
    schema: (): Schema => ({ tables: Object.fromEntries(tables), others }),
  };
}

/** A column may be called `__proto__`. */
const plainField = { enumerable: true, configurable: true, writable: true };
