import { WizardError } from '../../domain/wizard-error.ts';
import type { Column, EngineFamily, Session } from './engine-family.ts';
import type { MaskRule } from './golden-source.ts';
import { personalByName, personalByValues } from './looks-personal.ts';

export interface Suspect {
  /** `users.email` */
  readonly column: string;
  /** `mail addresses` */
  readonly holds: string;
  readonly by: 'name' | 'values';
}

const rows = 500;
/** With fewer values among the first rows, which are the oldest, a column is looked at by itself: it may have come later. */
const fewValues = 50;
/** A number under such a name is an id or a flag; text and dates may be what the name says. */
const telling = ['text', 'bytes', 'date', 'json', 'big', 'other', 'uuid', 'number'];

export const ruleName = ({ table, name }: Pick<Column, 'table' | 'name'>): string => `${table.name}.${name}`;

/** Columns that look personal and that no rule names, by their names and by some of their values. */
export async function scan(
  family: EngineFamily,
  session: Session,
  columns: readonly Column[],
  rules: Readonly<Record<string, MaskRule>>,
): Promise<readonly Suspect[]> {
  const open = columns.filter((column) => !Object.hasOwn(rules, ruleName(column)) && !column.computed);
  const suspects: Suspect[] = [];
  for (const [, inTable] of Map.groupBy(open, ({ table }) => family.quoted(table))) {
    const read = inTable.filter(({ kind }) => ['text', 'json', 'other'].includes(kind));
    const [first] = read;
    const found = first ? await family.some(session, first.table, read, rows) : [];
    if (found.length === 0) {
      // Without rows there is nobody in it.
      const [any] = inTable;
      if (any && (await family.some(session, any.table, [any], 1)).length === 0) continue;
    }
    for (const column of inTable) {
      const index = read.indexOf(column);
      const seen = index < 0 ? [] : found.flatMap((row) => row[index] || []);
      const isSparse = index >= 0 && found.length === rows && seen.length < fewValues;
      const values = isSparse ? await family.filled(session, column, rows) : seen;
      const byName =
        telling.includes(column.kind) && hasValues(column, values)
          ? personalByName(column.name, column.table.name)
          : undefined;
      if (byName !== undefined) suspects.push({ column: ruleName(column), holds: byName, by: 'name' });
      else {
        const byValues = personalByValues(values);
        if (byValues !== undefined) suspects.push({ column: ruleName(column), holds: byValues, by: 'values' });
      }
    }
  }
  return suspects;
}

/** A text column in which nothing was ever written has nothing to hide. */
const hasValues = ({ kind }: Column, values: readonly string[]): boolean => kind !== 'text' || values.length > 0;

export const suspectText = ({ column, holds, by }: Suspect): string =>
  `${column} (${by === 'name' ? `called like a ${holds}` : `holds ${holds}`})`;

export const notStrict = (name: string, suspects: readonly Suspect[]): WizardError =>
  new WizardError(
    `baking ${name}: ${suspects.length} columns look personal and have no rule: ${suspects.map(suspectText).join(', ')}`,
    {
      code: 'golden/unmasked-columns',
      remedy: 'fix-setup',
      hint: 'Give each a rule under "mask"; `keep` says that it is fine as it is, or that a file of "mask-files" sees to it.',
    },
  );
