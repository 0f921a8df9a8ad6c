import { durationText } from '../../domain/duration-text.ts';
import { rowsText } from '../../domain/migrations.ts';
import { oneLine } from '../../domain/plain-text.ts';
import { plainName, type TableChange } from './compare-schemas.ts';
import type { LoggedStatement } from './statement-log.ts';

export interface ToldChange {
  readonly table: string;
  readonly what: TableChange['what'];
  readonly sentence: string;
}

const shownParts = 6;
const longestName = 64;
const longestSentence = 300;

/** What people are told of a change. `rows`: of each table, as far as known; servers estimate them. */
export function changeSentence(
  { table, what, parts }: TableChange,
  rows: number | undefined,
  statements: readonly LoggedStatement[],
): ToldChange {
  const ms = statements.filter((one) => one.table === plainName(table)).reduce((sum, one) => sum + one.ms, 0);
  const took = ms === 0 ? '' : `, ${durationText(ms)}`;
  const name = oneLine(table, longestName);
  const [kind = 'table', ...counts] = parts;
  const count = rows === undefined || rows < 1 ? 'it' : rowsText(rows);
  const said = {
    added: `${kind} ${name} added${counts.length === 0 ? '' : `, ${counts.join(', ')}`}`,
    removed: `${kind} ${name} removed`,
    changed: `${ms === 0 ? name : `ALTER on ${name}`}${ms === 0 ? '' : ` took ${durationText(ms)}`}${listOf(parts)}`,
    rewritten: `ALTER on ${name} rewrote ${count}${took}${listOf(parts)}`,
  }[what];
  return { table: name, what, sentence: oneLine(said, longestSentence) };
}

function listOf(parts: readonly string[]): string {
  if (parts.length === 0) return '';
  const more = parts.length - shownParts;
  const shown = parts.slice(0, shownParts).map((part) => oneLine(part, longestSentence));
  return `: ${[...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}`;
}
