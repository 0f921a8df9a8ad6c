import { opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, WizardError } from '../domain/wizard-error.ts';
import type { Clock } from '../ports/clock.ts';
import { systemClock } from './clock.ts';
import { pathKind } from './path-kind.ts';
import { runCommand } from './run-command.ts';

const limitMs = 30 * 60_000;
/** Somebody may still be writing while we delete: a process that is just ending. Five tries take about three seconds. */
const pausesMs = [0, 100, 400, 1000, 2000];

/** To start a program costs the server as much as deleting about this many files. */
const fewEntries = 40;

/**
 * Deletes a directory and all in it; one that is not there is success. Symbolic links are deleted, never followed. Of more than a few files
 * a program of its own does it, so that a large tree does not hold up the server. What was made read-only is made writable first.
 */
export async function removeTree(path: string, clock: Clock = systemClock): Promise<void> {
  if (await removedInPlace(path)) return;
  let last: unknown;
  for (const pauseMs of pausesMs) {
    if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    try {
      await runCommand(['rm', '-rf', '--', path], { timeLimitMs: limitMs, doing: 'deleting files' });
      return;
    } catch (error) {
      if (codeOf(error) !== 'command/failed') throw error;
      last = error;
    }
    // It complains of files that are not ours or gone; what counts is whether the next try succeeds.
    await runCommand(['chmod', '-R', 'u+rwX', '--', path], { timeLimitMs: limitMs, allow: () => true });
  }
  throw new WizardError('deleting files: some could not be deleted', {
    code: 'files/not-deleted',
    remedy: 'fix-setup',
    hint: 'See which files belong to another user, and delete them by hand.',
    cause: last,
  });
}

/** False: it is too large, or it resists, and so is for the program. */
async function removedInPlace(path: string): Promise<boolean> {
  try {
    if ((await pathKind(path)) === 'missing') return true;
    if ((await countUpTo(fewEntries, path)) >= fewEntries) return false;
    await rm(path, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

async function countUpTo(limit: number, path: string): Promise<number> {
  let count = 0;
  for await (const entry of await opendir(path)) {
    count += 1;
    if (entry.isDirectory() && count < limit) count += await countUpTo(limit - count, join(path, entry.name));
    if (count >= limit) break;
  }
  return count;
}
