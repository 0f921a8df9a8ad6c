import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../domain/wizard-error.ts';
import { runCommand } from './run-command.ts';

/** A user of the system, without further groups. */
export interface SystemOwner {
  readonly uid: number;
  readonly gid: number;
}

/** The first folder on the way to this one that a user may not enter; `undefined`: there is none, or we cannot act as that user anyway. */
export async function closedFolder(folder: string, owner: SystemOwner): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || owner.uid === 0) return undefined;
  const way: string[] = [];
  for (let at = await realpath(folder); at !== dirname(at); at = dirname(at)) way.unshift(at);
  for (const at of way) {
    const { mode, uid, gid } = await stat(at);
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    // Only then, since it takes some milliseconds: an access list may let in whom the mode keeps out.
    if ((mode & bit) === 0 && !(await mayEnter(at, owner))) return at;
  }
  return undefined;
}

async function mayEnter(folder: string, { uid, gid }: SystemOwner): Promise<boolean> {
  const argv = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--', 'test', '-x', folder];
  try {
    return (await runCommand(argv, { timeLimitMs: 10_000, allow: () => true })).status === 0;
  } catch (error) {
    if (codeOf(error) === 'command/not-found') return false;
    throw error;
  }
}

/** What an operator does about it. */
export const openFolderHint = (folder: string): string => `Let it: chmod o+x ${folder}`;
