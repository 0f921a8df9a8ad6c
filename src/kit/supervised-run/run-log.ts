import { appendFile, open } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import type { LogPiece } from '../../ports/resource-driver.ts';
import { inTurn } from './bound-log.ts';
import type { Mask } from './mask-secrets.ts';
import { punchedBytes } from './punch-log.ts';
import { codeOfFault, readIfThere, runFiles } from './run-files.ts';

/** A log that is kept below a size. Offsets count every byte ever written, so they only grow. */
interface Extent {
  /** Offset of the first byte that is still kept. */
  readonly start: number;
  /** Offset where `log` begins; before it lies `log.older`. */
  readonly base: number;
  readonly end: number;
}

const pieceBytes = 256 * 1024;
const lineLength = 2000;

/** From byte `from`, or from the oldest byte still kept. Secrets are masked, also where a piece would end amid one. */
export async function readRunLog(
  directory: string,
  from: number,
  about: { readonly mask: Mask; readonly ended: boolean },
): Promise<LogPiece> {
  const { bytes, start, atEnd } = await inTurn(directory, async () => {
    const extent = await extentOf(directory);
    const start = Math.min(Math.max(from, extent.start), extent.end);
    const bytes = await readRange(directory, extent, start, Math.min(extent.end, start + pieceBytes));
    return { bytes, start, atEnd: start + bytes.length >= extent.end };
  });
  let whole = bytes.subarray(0, wholeCharacters(bytes));
  const held = atEnd && about.ended ? 0 : about.mask.heldBack(whole);
  whole = whole.subarray(0, whole.length - held);
  if (whole.length === 0 && atEnd && about.ended) whole = bytes;
  // The first bytes may be the end of a character whose start was dropped.
  const skipped = start > from ? leadingHalf(whole) : 0;
  return { text: about.mask.apply(whole.toString('utf8', skipped)), next: start + whole.length };
}

/** The last `count` lines, plain: no colours, no progress bars, no secrets. */
export async function lastLines(directory: string, count: number, mask: Mask): Promise<string[]> {
  const bytes = await inTurn(directory, async () => {
    const extent = await extentOf(directory);
    return readRange(directory, extent, Math.max(extent.start, extent.end - 64 * 1024), extent.end);
  });
  const lines = mask
    .apply(bytes.toString('utf8'))
    .split('\n')
    .map((line) => stripVTControlCharacters(line.replace(/\r$/, '').split('\r').at(-1) ?? '').trimEnd())
    .map((line) => (line.length > lineLength ? `${line.slice(0, lineLength)}…` : line));
  return lines.filter((line) => line !== '').slice(-count);
}

/** A line of our own among the program's. */
export const sayInLog = (directory: string, line: string): Promise<void> =>
  appendFile(runFiles(directory).log, `wizard: ${line}\n`, { mode: 0o600 });

async function extentOf(directory: string): Promise<Extent> {
  const files = runFiles(directory);
  const base = await readBase(directory);
  const punched = await punchedBytes(directory);
  const start = punched > 0 ? base + punched : base - (await sizeOf(files.olderLog));
  return { base, start, end: base + (await sizeOf(files.log)) };
}

async function readRange(directory: string, { base, start: first }: Extent, from: number, to: number): Promise<Buffer> {
  const files = runFiles(directory);
  const older =
    from < base ? await readBytes(files.olderLog, from - first, Math.min(to, base) - first) : Buffer.alloc(0);
  const newer = to > base ? await readBytes(files.log, Math.max(0, from - base), to - base) : Buffer.alloc(0);
  return Buffer.concat([older, newer]);
}

async function readBytes(path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, to - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const file = await open(path, 'r');
    try {
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOfFault(error))) return 0;
    throw error;
  }
}

const readBase = async (directory: string): Promise<number> =>
  Number((await readIfThere(runFiles(directory).logBase)) ?? 0);

/** How many of the bytes are whole UTF-8 characters. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function leadingHalf(bytes: Buffer): number {
  let at = 0;
  while (at < Math.min(3, bytes.length) && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}
