import type { Column } from './engine-family.ts';
import { fakeWords, partOf } from './fake-words.ts';
import type { MaskRule } from './golden-source.ts';

/** The few things that SQL of the two families says differently. */
export interface MaskWords {
  readonly column: (name: string) => string;
  /** 64 hexadecimal digits of a column's value and a key; letters of another case and spaces at the end make no difference. */
  readonly digest: (column: Column, key: string) => string;
  /** A whole number from eight digits of a digest, counted from `at`. */
  readonly number: (digest: string, at: number) => string;
  /** One of some words, by a number of any size. */
  readonly pick: (words: readonly string[], number: string) => string;
  readonly join: (...parts: readonly string[]) => string;
  /** Bytes of hexadecimal digits. */
  readonly bytes: (digits: string) => string;
  readonly uuid: (digits: string) => string;
  /** A number below 10^16 of a digest. */
  readonly big: (digest: string) => string;
}

type Masked = { readonly sql: string } | { readonly not: string };
const word = (text: string): string => `'${text}'`;

/** The value that a rule gives to a column, from its old one: the same for the same, in all tables. NULL and '' stay. */
export function maskExpression(column: Column, rule: Exclude<MaskRule, 'keep'>, key: string, words: MaskWords): Masked {
  if (column.computed) return { not: 'the server computes it' };
  if (rule === 'null') return emptied(column);
  const digest = words.digest(column, key);
  const name = words.column(column.name);
  if (column.kind === 'text') {
    const sql = textFor(column, rule, digest, words);
    if (typeof sql !== 'string') return sql;
    // The column itself must not be in the result: its character set may be another one.
    return { sql: `CASE WHEN ${name} IS NULL THEN NULL WHEN LENGTH(${name}) = 0 THEN '' ELSE ${sql} END` };
  }
  const unless = (sql: string): Masked => ({ sql: `CASE WHEN ${name} IS NULL THEN NULL ELSE ${sql} END` });
  if (column.kind === 'big' && rule === 'phone') return unless(`9990000000000 + ${words.number(digest, 1)}`);
  if (column.kind === 'big' && rule === 'hash') return unless(words.big(digest));
  if (column.kind === 'uuid' && rule === 'hash') return unless(words.uuid(digest));
  if (column.kind === 'bytes' && rule === 'hash')
    return unless(words.bytes(`LEFT(${digest}, ${2 * Math.min(32, column.length ?? 32)})`));
  return { not: `its type does not go with ${rule}; use null, or SQL of your own in "mask-files"` };
}

function textFor(
  column: Column,
  rule: Exclude<MaskRule, 'keep' | 'null'>,
  digest: string,
  { number, pick, join }: MaskWords,
): string | Extract<Masked, { not: string }> {
  const most = column.length ?? 1000;
  const first = pick(fakeWords.first, number(digest, 1));
  const last = pick(fakeWords.last, number(digest, 9));
  const cut = (sql: string): string => `LEFT(${sql}, ${most})`;
  switch (rule) {
    case 'mail': {
      const domain = '@example.com';
      const room = Math.min(16, most - domain.length - 1);
      if (room < 4) return { not: `it holds ${most} letters, too few for an address; use hash or null` };
      return join(word('u'), `LEFT(${digest}, ${room})`, word(domain));
    }
    case 'name': {
      const part = partOf(column.name, 'name');
      if (part === 'first') return cut(first);
      return cut(part === 'last' ? last : join(first, word(' '), last));
    }
    case 'phone':
      return cut(join(word('+999'), number(digest, 1), number(digest, 9)));
    case 'address': {
      const part = partOf(column.name, 'address');
      if (part === 'code') return cut(join(`10000 + ${number(digest, 1)} % 89999`));
      if (part === 'city') return cut(pick(fakeWords.city, number(digest, 1)));
      return cut(
        join(`1 + ${number(digest, 1)} % 199`, word(' '), pick(fakeWords.street, number(digest, 9)), word(' Street')),
      );
    }
    case 'hash':
      return `LEFT(${digest}, ${Math.min(32, most)})`;
  }
}

/** Empty for this column: NULL where it may be, else the least that its type knows. */
function emptied({ kind, nullable }: Column): Masked {
  if (nullable) return { sql: 'NULL' };
  switch (kind) {
    case 'text':
    case 'bytes':
      return { sql: "''" };
    case 'integer':
    case 'big':
    case 'number':
      return { sql: '0' };
    case 'date':
      return { sql: "'1970-01-02'" };
    case 'json':
      return { sql: "'{}'" };
    default:
      return { not: 'it may not be null; use SQL of your own in "mask-files"' };
  }
}
