const secretKeys = new Set([
  'secrets',
  'token',
  'api-token',
  'private-key',
  'webhook-secret',
  'webhook-url',
  'database',
]);

/** Whether what stands at this path may be a secret that somebody wrote into the file itself. */
export const isSecretPath = (path: readonly (string | number)[]): boolean =>
  path[0] !== 'repositories' && path.some((part) => secretKeys.has(String(part)));

/** The line of a mistake and a caret below its column. Values of secrets show as dots. */
export function excerpt(lines: readonly string[], line: number, column: number): string {
  const written = masked(lines, line - 1).replaceAll('\t', ' ');
  const start = Math.max(0, column - 80);
  const shown = written.slice(start, start + 160).replaceAll(/\p{Cc}/gu, '?');
  const gutter = String(line).padStart(5);
  return `${gutter} | ${shown}\n      | ${' '.repeat(Math.max(0, column - 1 - start))}^`;
}

/** Works on lines, not on the parsed file, so that it also holds for a file that cannot be parsed. */
function masked(lines: readonly string[], index: number): string {
  const text = lines[index] ?? '';
  // A reference says where the secret is, not what it is.
  if (/^\s*[\w-]+:\s*["']?\$\{(env|file):[^}]*\}["']?\s*$/.test(text)) return text;
  const above = secretAbove(lines, index);
  const key = /^\s*[\w-]+:(?=\s)/.exec(text)?.[0];
  // Below `secrets:` stand names that may be shown; anywhere else below a secret everything may be part of it.
  if (above !== undefined)
    return above === 'secrets' && key !== undefined ? `${key} …` : `${/^\s*/.exec(text)?.[0] ?? ''}…`;
  const inline = /(^|[\s{,"'])(secrets|token|api-token|private-key|webhook-secret|webhook-url|database)["']?\s*:/.exec(
    text,
  );
  return inline ? `${text.slice(0, inline.index + inline[0].length)} …` : text;
}

/** The secret that the line is part of: `secrets` when it is an entry of that group itself. */
function secretAbove(lines: readonly string[], index: number): string | undefined {
  // A line without a key goes on with what is above it, however badly it is indented.
  const goesOn = !/^\s*(?:- )*["']?[\w-]+["']?\s*:/.test(lines[index] ?? '');
  let indent = goesOn ? Number.POSITIVE_INFINITY : indentOf(lines[index] ?? '');
  let steps = 0;
  for (let at = index - 1; at >= 0 && indent > 0; at--) {
    const text = lines[at] ?? '';
    const here = indentOf(text);
    if (text.trim() === '' || text.trimStart().startsWith('#') || here >= indent) continue;
    indent = here;
    steps += 1;
    const key = /^\s*(?:- )*["']?([\w-]+)["']?\s*:/.exec(text)?.[1];
    if (key === 'allow') return undefined;
    if (key !== undefined && secretKeys.has(key)) return steps === 1 ? key : 'a value';
  }
  return undefined;
}

const indentOf = (text: string): number => /^\s*/.exec(text)?.[0].length ?? 0;
