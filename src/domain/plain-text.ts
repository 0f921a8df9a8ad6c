/** Colours and cursor moves of terminals, whole sequences. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const terminalCodes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** Control characters, and the marks that make text read in another order than it is written. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Hostile text without what a screen would obey instead of showing. Line ends and tabs stay. */
export const plainText = (text: string): string =>
  text.replace(terminalCodes, '').replace(/\r\n?/g, '\n').replace(unseen, '').toWellFormed();

/** Plain text on one line, at most `limit` characters long, with `…` where it was cut. */
export const oneLine = (text: string, limit: number): string =>
  cutText(plainText(text).replace(/\s+/g, ' ').trim(), limit);

/** At most `limit` UTF-16 units, `…` for what was cut; never half a character. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, Math.max(0, limit - 1)).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The last `most` lines, each and all together capped, the newest kept. A progress bar that redraws itself counts as its last state. */
export function lastLinesOf(lines: readonly string[], most = 20, lineLimit = 300, totalLimit = 2000): string[] {
  const kept: string[] = [];
  let left = totalLimit;
  for (const line of lines.slice(-most).reverse()) {
    const short = cutText(plainText(line.split('\r').findLast((part) => part !== '') ?? '').trimEnd(), lineLimit);
    left -= short.length + 1;
    if (left < 0) break;
    kept.unshift(short.replaceAll('\n', ' '));
  }
  return kept;
}
