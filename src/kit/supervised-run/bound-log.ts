import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { keyedLock } from './keyed-lock.ts';
import { notePunched, punchLog } from './punch-log.ts';
import { readIfThere, runFiles } from './run-files.ts';

/** A reader and a cut of the same log must not meet. */
export const inTurn = keyedLock();

const rounds = 200;
/** Made anew; each write goes to its end, wherever that is. */
const fresh = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/** Keeps a log to the size of its newest part. Answers whether something was dropped. */
export const boundLog = (directory: string, keepBytes: number): Promise<boolean> =>
  inTurn(directory, async () => {
    const punched = await punchLog(directory, keepBytes);
    return punched === 'refused' ? copyAndCut(directory, keepBytes) : punched === 'cut';
  });

/**
 * The way where no holes can be made: when `log` holds more than `keepBytes`, its newest part becomes `log.older` and the program goes
 * on writing into an empty `log`.
 * Nothing is lost but of a program that writes faster than we can copy; what is lost is counted, so that offsets stay true.
 */
export async function copyAndCut(directory: string, keepBytes: number): Promise<boolean> {
  const files = runFiles(directory);
  const log = await open(files.log, 'r+');
  try {
    const { size } = await log.stat();
    if (size <= keepBytes) return false;
    const base = Number((await readIfThere(files.logBase)) ?? 0);
    const older = await open(`${files.olderLog}.part`, fresh, 0o600);
    try {
      const buffer = Buffer.alloc(64 * 1024);
      let from = size - keepBytes;
      while (from < size) {
        const { bytesRead } = await log.read(buffer, 0, Math.min(buffer.length, size - from), from);
        if (bytesRead === 0) break;
        await older.write(buffer, 0, bytesRead);
        from += bytesRead;
      }
      notePunched(directory, 0);
      cut({ log: log.fd, older: older.fd, copied: from, base, mostBytes: keepBytes / 8, files });
    } finally {
      await older.close();
    }
    return true;
  } finally {
    await log.close();
  }
}

interface Cut {
  readonly log: number;
  readonly older: number;
  /** How much of `log` is in `older`, counted from the beginning of `log`. */
  readonly copied: number;
  readonly base: number;
  /** What may still be added to `older`. */
  readonly mostBytes: number;
  readonly files: ReturnType<typeof runFiles>;
}

/** In one go, without letting go of the thread: what the program writes between the last look and the cut is lost. */
function cut({ log, older, copied, base, mostBytes, files }: Cut): void {
  renameSync(`${files.olderLog}.part`, files.olderLog);
  const baseNumber = openSync(files.logBase, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const buffer = Buffer.alloc(64 * 1024);
    let upTo = notFarBehind({ log, older, copied, mostBytes });
    let begun = upTo;
    let noted = -1;
    for (let round = 0; round < rounds; round += 1) {
      const read = readSync(log, buffer, 0, buffer.length, upTo);
      if (read > 0) {
        // It writes as fast as we copy: `older` stays small by beginning anew, and the newest is kept.
        if (upTo - begun >= 2 * mostBytes) {
          ftruncateSync(older, 0);
          begun = upTo;
        }
        writeSync(older, buffer, 0, read);
        upTo += read;
        continue;
      }
      // Before the cut: if we die between the two, lines come twice, but no offset ever points at something else.
      writeBase(baseNumber, base + upTo);
      noted = upTo;
      if (fstatSync(log).size === upTo) break;
    }
    const { size } = fstatSync(log);
    if (size !== noted) writeBase(baseNumber, base + size);
    ftruncateSync(log, 0);
  } finally {
    closeSync(baseNumber);
  }
}

/** Where to copy on from. What was written while we copied may be more than we can add: then `older` begins anew with the newest, for the last lines matter most. */
function notFarBehind({ log, older, copied, mostBytes }: Pick<Cut, 'log' | 'older' | 'copied' | 'mostBytes'>): number {
  const { size } = fstatSync(log);
  if (size - copied <= mostBytes) return copied;
  ftruncateSync(older, 0);
  return size - Math.floor(mostBytes);
}

/** In place and always as long, so that it is whole whenever it is read. */
const writeBase = (file: number, base: number): number => writeSync(file, String(base).padStart(20, '0'), 0);
