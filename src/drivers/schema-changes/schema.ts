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
  /** Names the file that holds its rows; another one means that all of them were written anew. */
  file: z.string().optional(),
});

/** The schema of one database in a form that can be compared, whoever wrote it down. */
export const schemaShape = z.object({ tables: z.record(z.string(), table) });

export type Table = z.infer<typeof table>;
export type Schema = z.infer<typeof schemaShape>;

/** No text of a definition is kept longer: this is for people. */
export const longestText = 300;

/** Puts rows of catalogs together to tables. */
export function schemaBuilder() {
  const tables = new Map<string, Table>();
  return {
    table(name: string, about: Pick<Table, 'kind' | 'definition'> & { readonly file?: string | undefined }): void {
      const { file, ...rest } = about;
      tables.set(name, { ...rest, columns: {}, indexes: {}, keys: {}, ...(file === undefined ? {} : { file }) });
    },
    add(name: string, what: 'columns' | 'indexes' | 'keys', entry: string, text: string): void {
      const one = tables.get(name);
      if (one) Object.defineProperty(one[what], entry, { value: text.slice(0, longestText), ...plainField });
    },
    schema: (): Schema => ({ tables: Object.fromEntries(tables) }),
  };
}

/** A column may be called `__proto__`. */
const plainField = { enumerable: true, configurable: true, writable: true };
