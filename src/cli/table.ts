import type { Paint } from './paint.ts';
import { fitText, padText, textWidth } from './text-width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly colour?: (row: Row) => Parameters<Paint>[0] | undefined;
  /** It is cut, and in the end left out, when the line is too long. One column has it. */
  readonly gives?: boolean;
}

export interface TableOptions {
  readonly columns: number;
  readonly paint: Paint;
}

const gap = 2;
const leastWidth = 8;

/** Aligned columns that fit the width; cells must be plain one-line texts. Names and states are never cut, the column that `gives` is. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], options: TableOptions): string {
  const cells = rows.map((row) => columns.map(({ text }) => text(row)));
  const natural = columns.map(({ title }, at) =>
    Math.max(title.length, ...cells.map((line) => textWidth(line[at] ?? ''))),
  );
  const fixed = natural.reduce((sum, width, at) => sum + (columns[at]?.gives ? 0 : width + gap), 0);
  const widths = natural.map((width, at) => {
    if (!columns[at]?.gives) return width;
    const left = options.columns - fixed;
    return left < leastWidth ? 0 : Math.min(width, left);
  });
  const line = (texts: readonly string[], paintCell: (at: number, text: string) => string): string => {
    const shown = widths.flatMap((width, at) => (width === 0 ? [] : [{ at, width }]));
    const last = shown.at(-1)?.at;
    const parts = shown.map(({ at, width }) => {
      const text = fitText(texts[at] ?? '', width);
      return paintCell(at, at === last ? text : padText(text, width));
    });
    return `${parts.join(' '.repeat(gap)).trimEnd()}\n`;
  };
  const head = line(
    columns.map(({ title }) => title),
    (_, text) => options.paint('dim', text),
  );
  const body = rows.map((row, index) =>
    line(cells[index] ?? [], (at, text) => {
      const colour = columns[at]?.colour?.(row);
      return colour === undefined ? text : options.paint(colour, text);
    }),
  );
  return head + body.join('');
}
