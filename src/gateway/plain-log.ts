import { stripVTControlCharacters } from 'node:util';

/** A log as a reader would see it at the end: without colours, each line as it was after its last overwriting. */
export function plainLog(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).split('\n').map(lastWritten).join('\n');
}

/** The last `count` lines that say anything at all are kept whole; an empty end is left out. */
export function lastLinesOf(text: string, count: number): string[] {
  const lines = plainLog(text).split('\n');
  while (lines.at(-1)?.trim() === '') lines.pop();
  return lines.slice(-count);
}

/** Progress bars write over their own line again and again: only what stands there last counts. */
function lastWritten(line: string): string {
  const kept = line.endsWith('\r') ? line.slice(0, -1) : line;
  return kept.slice(kept.lastIndexOf('\r') + 1);
}
