import { oneLine, plainText } from '../../../domain/plain-text.ts';

/** A space of no width: breaks mentions, references and links, and looks the same. */
const nothing = '\u200b';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Hostile text as one line of GitHub's markdown that shows itself and does nothing else: no markup, HTML, mention (`@org/team`),
 * reference (`#12`, `GH-12`) or link comes of it.
 */
export const markdown = (text: string, limit: number): string =>
  oneLine(text, limit)
    .replace(/[\\`*_{}[\]()+!|~$]/g, '\\$&')
    .replace(/[&<>]/g, (character) => entities[character] ?? '')
    .replace(/@|#(?=\w)|\bgh-(?=\d)/gi, `$&${nothing}`)
    .replace(/(?<=[a-z]):(?=\/\/)|\bwww(?=\.)|(?<=mailto|xmpp):/gi, `$&${nothing}`);

/** Text in a code span: nothing is read in it. Backticks would end it, so they become plain quotes. */
export const codeSpan = (text: string, limit: number): string =>
  `\`${oneLine(text, limit).replaceAll('`', "'").replaceAll('|', '¦') || ' '}\``;

/** Lines as a block of code, with a fence longer than any they contain. */
export function codeFence(lines: readonly string[]): string {
  const text = lines.map(plainText).join('\n');
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text}\n${fence}`;
}

/** `<https://…>`, safe in a table; what is no URL for a browser is shown as code. */
export function bareLink(url: string): string {
  const parsed = URL.parse(url);
  const isForBrowsers = parsed?.protocol === 'https:' || parsed?.protocol === 'http:';
  if (!parsed || !isForBrowsers || parsed.href.length > 2000) return codeSpan(url, 200);
  return `<${parsed.href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E')}>`;
}
