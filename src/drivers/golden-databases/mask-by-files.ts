import type { BakeCall } from '../../ports/data-bakes.ts';
import type { Column, EngineFamily, Session } from './engine-family.ts';
import { canSearch, collectOriginals, type Wanted } from './prove.ts';
import { ruleName } from './scan.ts';

/** All columns together: each is one more look through the tables and the files. */
const most = 20_000;
const leastOfEach = 20;

/** An address or a number of a person. Other texts may well be part of others that nobody masked. */
const isPersonal = (text: string): boolean => /\S@\S/.test(text) || text.replaceAll(/\D/g, '').length >= 7;

/** Samples of the columns without a rule, before SQL of the operator masks: which of them it changes, nobody can tell from it. */
export async function beforeFiles(
  family: EngineFamily,
  session: Session,
  columns: readonly Column[],
  ruled: readonly Column[],
): Promise<readonly Wanted[]> {
  const open = columns.filter((column) => canSearch(column) && !column.computed && !ruled.includes(column));
  const ofEach = Math.max(leastOfEach, Math.floor(most / Math.max(1, open.length)));
  const found = await collectOriginals(family, session, open, ofEach);
  return found.flatMap((one) => (one.telling ? [{ ...one, telling: isPersonal(one.text) }] : []));
}

/** Those of the samples that no column holds any more: the operator's SQL has masked them, so they must be in no file. */
export async function goneByFiles(
  family: EngineFamily,
  session: Session,
  before: readonly Wanted[],
  { doing, write }: BakeCall,
): Promise<readonly Wanted[]> {
  if (before.length === 0) return [];
  doing('looking which values the files have masked');
  const columns = (await family.columns(session)).filter(canSearch);
  const samples = Map.groupBy(before, ({ column }) => column);
  let gone: readonly Wanted[] = before;
  for (const column of columns) {
    const own = samples.get(ruleName(column)) ?? [];
    const held = await family.held(session, column, textsOf(own));
    gone = gone.filter((one) => one.column !== ruleName(column) || !held.has(one.text));
  }
  const masked = new Set(gone.map(({ column }) => column));
  for (const column of gone.length > 0 ? columns : []) {
    const held = await family.held(session, column, textsOf(gone));
    const also = gone.filter(({ text }) => held.has(text));
    gone = gone.filter(({ text }) => !held.has(text));
    const from = [...new Set(also.map((one) => one.column))].join(', ');
    if (from !== '') write(`not masked everywhere: ${ruleName(column)} still holds values that were in ${from}\n`);
  }
  write(
    masked.size === 0
      ? 'the files masked nothing that could be looked for\n'
      : `the files masked ${[...masked].sort().join(', ')}\n`,
  );
  return gone;
}

const textsOf = (values: readonly Wanted[]): string[] => [...new Set(values.map(({ text }) => text))];
