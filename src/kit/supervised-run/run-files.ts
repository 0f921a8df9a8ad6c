import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeTree } from '../remove-tree.ts';

/** Alone, for what asks it of everything that runs several times a second. */
export const logFile = (directory: string): string => join(directory, 'log');

/** What lies in the directory of one run. */
export const runFiles = (directory: string) => ({
  /** What was asked for; there from the first moment. */
  record: join(directory, 'run.json'),
  /** The wrapper's line of `/proc/PID/stat`, written by the wrapper itself. */
  pid: join(directory, 'pid'),
  /** Exit status as a number; there once it ended by itself. */
  status: join(directory, 'status'),
  /** Why it ended where its status does not tell. */
  verdict: join(directory, 'verdict.json'),
  /** There from the moment when it was told to go for good. */
  leaving: join(directory, 'leaving'),
  log: logFile(directory),
  /** How many bytes of the log are dropped at its front, where the file system can give back their room. */
  logStart: join(directory, 'log.start'),
  /** Where it cannot: what was moved out of the log before it was cut. */
  olderLog: join(directory, 'log.older'),
  /** Offset of the first byte of `log` in all that was ever written. */
  logBase: join(directory, 'log.base'),
  temporary: join(directory, 'tmp'),
});

/** `ENOENT` and its like; '' for anything that is not a system error. */
export const codeOfFault = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

// These files are small and were just written, so they are read and written in place: each way through the thread pool takes ten
// times as long, and a look at a run takes twenty of them, before every start of a program and after every end.

/** The file's text; `undefined` when it is not there. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOfFault(error))) return undefined;
    throw error;
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOfFault(error))) return false;
    throw error;
  }
}

/** Readers see the old text or the new, never a part. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, path);
}

/** Marks what this life of the server is making, so that only another life's remains are cleared away. */
const life = randomBytes(4).toString('hex');
let made = 0;

/** True for what a life before this one left half made or half removed. */
export const isRemains = (name: string): boolean =>
  (name.startsWith('.new-') || name.startsWith('.gone-')) && !name.includes(life);

/** Removes a directory so that it is gone at once, however much lies in it. */
export async function removeWhole(directory: string): Promise<void> {
  made += 1;
  const away = join(dirname(directory), `.gone-${life}-${made}`);
  try {
    await rename(directory, away);
  } catch (error) {
    if (codeOfFault(error) === 'ENOENT') return;
    throw error;
  }
  await removeTree(away);
}

/** Makes `directory` with all of `files` in it at once. False: it was there already. */
export function makeWhole(directory: string, files: Readonly<Record<string, string>>): boolean {
  made += 1;
  const part = join(dirname(directory), `.new-${life}-${made}`);
  mkdirSync(join(part, 'tmp'), { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(part, name), text, { mode: 0o600 });
  try {
    renameSync(part, directory);
    return true;
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOfFault(error))) return false;
    throw error;
  }
}
