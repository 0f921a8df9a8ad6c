import { cutText, plainText } from '../../domain/plain-text.ts';

const longestRead = 20_000;
const longestShown = 300;

/** Quoted names, which are kept; then what is masked: texts, in each server's own spelling; then comments. A text may be cut off. */
const tokens = {
  mysql:
    /(`[^`]*(?:`|$))|('(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|\\?$))|(\/\*[\s\S]*?(?:\*\/|$)|--(?:\s[^\n]*|$)|#[^\n]*)/g,
  postgres:
    /("(?:[^"])*(?:"|$))|(\b[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)|'[^']*(?:'|$)|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\3\$|$))|(\/\*[\s\S]*?(?:\*\/|$)|--[^\n]*)/g,
} as const;

/** A statement as it may be shown: on one line, without what was told to it, and bounded. */
export function maskLiterals(sql: string, family: keyof typeof tokens): string {
  const read = plainText(sql.slice(0, longestRead));
  const masked = read.replace(tokens[family], (_whole, name?: string, text?: string) => {
    if (name !== undefined) return name;
    return text === undefined ? ' ' : '?';
  });
  const definesTables = /^\s*(?:ALTER|CREATE)\s/i.test(masked);
  const counted = definesTables ? masked : masked.replace(/(?<![\w`"$])-?(?:0x[0-9a-f]+|\d+(?:\.\d+)?)\b/gi, '?');
  return cutText(foldLists(counted).replace(/\s+/g, ' ').trim(), longestShown);
}

/** `(?, ?, ?), (?, ?, ?)` → `(?, …), …` */
const foldLists = (sql: string): string =>
  sql.replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(?, …)').replace(/(\(\?(?:, …)?\))(?:\s*,\s*\(\?(?:, …)?\))+/g, '$1, …');
