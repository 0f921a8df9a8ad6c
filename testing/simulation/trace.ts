import { createHash } from 'node:crypto';

/** What happened in a run, in order. Two runs with one hash were the same run. */
export interface Trace {
  add(at: number, line: string): void;
  hash(): string;
  /** Missing lines were not kept. */
  readonly lines: readonly string[];
}

export function newTrace(keepLines: boolean): Trace {
  const hash = createHash('sha256');
  const lines: string[] = [];
  return {
    lines,
    add(at, line) {
      const text = `${(at / 1000).toFixed(3)} ${line}`;
      hash.update(`${text}\n`);
      if (keepLines) lines.push(text);
    },
    hash: () => hash.copy().digest('hex').slice(0, 16),
  };
}
