import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { FileHit, SearchOrder } from './search-files.ts';

const blockBytes = 4 * 1024 * 1024;
/** Marks of first four bytes: most places in a file are ruled out by one look at them. */
const markBits = 22;

if (parentPort) parentPort.postMessage(search(workerData as SearchOrder));

function search({ files, patterns }: SearchOrder): FileHit[] {
  const finder = finderOf(patterns.map((pattern) => Buffer.from(pattern)));
  return files.flatMap((file) => [...finder(file)].map((pattern) => ({ pattern, file })));
}

function finderOf(patterns: readonly Buffer[]): (file: string) => Set<number> {
  const marks = new Uint8Array(2 ** markBits);
  const byHead = new Map<number, number[]>();
  let longest = 0;
  for (const [index, pattern] of patterns.entries()) {
    const head = pattern.readUInt32LE(0);
    marks[Math.imul(head, 0x9e3779b1) >>> (32 - markBits)] = 1;
    const others = byHead.get(head);
    if (others) others.push(index);
    else byHead.set(head, [index]);
    longest = Math.max(longest, pattern.length);
  }
  const look = (block: Buffer, from: number, end: number, found: Set<number>): void => {
    let head = 0;
    for (let at = from; at < end; at += 1) {
      head = (head >>> 8) | ((block[at] ?? 0) << 24);
      if (marks[Math.imul(head, 0x9e3779b1) >>> (32 - markBits)] === 0) continue;
      const begin = at - 3;
      if (begin < 0) continue;
      for (const index of byHead.get(head >>> 0) ?? []) {
        const pattern = patterns[index];
        if (!pattern || found.has(index) || begin + pattern.length > end) continue;
        if (block.compare(pattern, 0, pattern.length, begin, begin + pattern.length) === 0) found.add(index);
      }
    }
  };
  const block = Buffer.alloc(blockBytes + longest);
  return (path) => {
    const found = new Set<number>();
    const file = openSync(path, 'r');
    try {
      // The end of the last block stays, for what lies across both.
      for (let kept = 0; ; ) {
        const read = readSync(file, block, kept, blockBytes, null);
        if (read === 0) return found;
        look(block, 0, kept + read, found);
        const all = kept + read;
        kept = Math.min(longest, all);
        block.copy(block, 0, all - kept, all);
      }
    } finally {
      closeSync(file);
    }
  };
}
