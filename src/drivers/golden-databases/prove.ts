import { join, relative } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Column, EngineFamily, Original, Session } from './engine-family.ts';
import { isMadeUp } from './fake-words.ts';
import { ruleName } from './scan.ts';
import { searchFiles } from './search-files.ts';

/** A value that must not be in any file. */
export interface Wanted {
  readonly column: string;
  /** As it began in its column. */
  readonly text: string;
  readonly table: string;
  /** It tells a person by itself. Other words may well stand elsewhere: they are only looked for where the column was. */
  readonly telling: boolean;
  readonly forms: readonly Buffer[];
}

export interface Proof {
  readonly values: number;
  readonly columns: number;
  /** Columns none of whose values could be looked for: numbers, or short texts. */
  readonly unproven: readonly string[];
  /** `users.email in shop/users.ibd (12)` */
  readonly found: readonly string[];
  /** Some were found in files of tables, not only in those of the server. */
  readonly inTables: boolean;
}

const shortest = 5;
const kinds = ['text', 'bytes', 'json', 'other', 'uuid'];

/** Whether values of such a column can be looked for in files. */
export const canSearch = ({ kind }: Column): boolean => kinds.includes(kind);

/** Takes several hundred values of each column that will be masked, at most so many. To be called before. */
export async function collectOriginals(
  family: EngineFamily,
  session: Session,
  columns: readonly Column[],
  mostOfEach = Number.POSITIVE_INFINITY,
): Promise<readonly Wanted[]> {
  const all = await family.columns(session);
  // Names of tables and columns stand in the server's own files.
  const names = all.flatMap(({ table, name }) => [table.name.toLowerCase(), name.toLowerCase()]).join('\n');
  const wanted: Wanted[] = [];
  for (const column of columns.filter(canSearch)) {
    for (const original of (await family.originals(session, column)).slice(0, mostOfEach)) {
      const text = original.text.trim();
      const telling = isTelling(text);
      if (text.length < shortest || isMadeUp(text) || (!telling && names.includes(text.toLowerCase()))) continue;
      const place = { column: ruleName(column), table: column.table.name, text: original.text };
      wanted.push({ ...place, telling, forms: formsOf(column, original) });
    }
  }
  return wanted;
}

/** `@`, seven digits, two words or twelve letters: hardly the same by chance. */
const isTelling = (text: string): boolean =>
  /\S@\S/.test(text) || text.replaceAll(/\D/g, '').length >= 7 || /\S\s+\S/.test(text) || text.length >= 12;

/** As the server keeps it, and as text is kept elsewhere. */
function formsOf({ kind }: Column, { text, bytes }: Original): readonly Buffer[] {
  if (kind === 'bytes') return bytes.length >= shortest ? [bytes] : [];
  const utf8 = Buffer.from(text);
  const little = Buffer.from(text, 'utf16le');
  const hex = utf8.toString('hex');
  const uuid = kind === 'uuid' ? [Buffer.from(text.replaceAll('-', ''), 'hex')] : [];
  // Addresses are often kept once as typed and once in small letters.
  const small = Buffer.from(text.toLowerCase());
  const wide = [little, Buffer.from(little).swap16()];
  const forms = [utf8, bytes, small, ...wide, Buffer.from(hex), Buffer.from(hex.toUpperCase()), ...uuid];
  return forms.filter((form) => form.length >= shortest);
}

export interface ProveAbout {
  readonly data: string;
  /** Its files, but those that nobody's data can be in. */
  readonly files: readonly string[];
  readonly wanted: readonly Wanted[];
  readonly columns: readonly Column[];
  readonly tableOf: (file: string) => string | undefined;
  readonly signal: AbortSignal;
}

/** Searches all files of a stopped server. */
export async function prove({ data, files, wanted, columns, tableOf, signal }: ProveAbout): Promise<Proof> {
  const forms = wanted.flatMap((one) => one.forms.map((form) => ({ one, form })));
  const hits = await searchFiles(
    { files: files.map((file) => join(data, file)), patterns: forms.map(({ form }) => form) },
    signal,
  );
  const found = new Map<string, Set<Wanted>>();
  let inTables = false;
  for (const { pattern, file } of hits) {
    const one = forms[pattern]?.one;
    const inner = relative(data, file);
    const table = tableOf(inner);
    const isOwn = table === undefined ? !isSystem(inner) : table === one?.table;
    if (!one || (!one.telling && !isOwn)) continue;
    const place = `${one.column} in ${inner}`;
    found.set(place, (found.get(place) ?? new Set()).add(one));
    inTables ||= table !== undefined;
  }
  const searched = new Set(wanted.map(({ column }) => column));
  return {
    values: wanted.length,
    columns: searched.size,
    unproven: columns.map(ruleName).filter((name) => !searched.has(name)),
    found: [...found].map(([place, values]) => `${place} (${values.size})`),
    inTables,
  };
}

/** Help texts, catalogs and names of the server itself. */
const isSystem = (file: string): boolean =>
  /^(mysql|sys|performance_schema)\/|^(aria_log|global\/|pg_xact|base\/1\/)/.test(file);

export const stillThere = (name: string, { found, values }: Proof): WizardError =>
  new WizardError(
    `masking ${name}: of ${values} values from before, some are still in the files: ${found.slice(0, 20).join(', ')}`,
    {
      code: 'golden/still-in-files',
      remedy: 'fix-setup',
      hint: 'The same values stand in other columns too: give those a rule, mask them in a file, or leave their tables out.',
    },
  );
