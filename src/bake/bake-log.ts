import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { redact } from '../kit/redact.ts';
import type { Log } from '../ports/call.ts';

const mostBytes = 4 * 1024 * 1024;

export interface BakeLog {
  /** Text with line ends; without secrets it goes to the file. */
  write(text: string): void;
  close(): Promise<void>;
}

/** The log of one bake. It is cut at 4 MB; a disk that does not take it ends no bake. */
export function bakeLog(path: string, log: Log): BakeLog {
  const file = createWriteStream(path, { flags: 'a' });
  let written = 0;
  let half = '';
  file.on('error', (error) => log.warn('data.bake-log', { error: error.message }));
  const put = (text: string): void => {
    if (written > mostBytes) return;
    const line = redact(text);
    written += Buffer.byteLength(line);
    file.write(written > mostBytes ? '[the rest is left out]\n' : line);
  };
  return {
    write(text) {
      // Whole lines, so that no secret goes through in two halves.
      const lines = `${half}${text}`.split(/\r\n|\n|\r/);
      half = lines.pop() ?? '';
      for (const line of lines) put(`${line}\n`);
    },
    async close() {
      if (half !== '') put(`${half}\n`);
      file.end();
      await finished(file).catch(() => undefined);
    },
  };
}
