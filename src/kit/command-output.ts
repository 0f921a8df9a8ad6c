/** What a failed command said last: the innermost cause of its error. */
export class CommandOutput extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.at(-1) ?? '');
    this.name = 'CommandOutput';
    this.lines = lines;
  }
}

/** The last lines of a failed command anywhere in the chain of causes; empty when there are none. */
export function lastLinesOf(error: unknown): readonly string[] {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof CommandOutput) return at.lines;
  return [];
}

const mostLines = 20;
const longestLine = 500;

/** The last twenty lines that say something, each cut to a length that fits a page. */
export function lastLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  return lines.slice(-mostLines).map((line) => line.slice(0, longestLine));
}
