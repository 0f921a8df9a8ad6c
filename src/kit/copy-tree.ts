import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import { unfinishedPrefix } from './write-whole.ts';

/** `reflink`: the copy shares its blocks until somebody writes, so it takes no time and no room. */
export type CopyHow = 'reflink' | 'copy';

/** Tries whether files of one directory can be copied into the other by sharing their blocks. */
export async function canReflink(from: string, to: string): Promise<boolean> {
  const name = `${unfinishedPrefix}probe-${randomBytes(4).toString('hex')}`;
  const probe = join(from, name);
  const copy = join(to, `${name}-copy`);
  try {
    await writeFile(probe, 'can blocks be shared?');
    await copyFile(probe, copy, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'ENOTTY', 'EPERM'].includes(code)) return false;
    throw error;
  } finally {
    await Promise.all([rm(probe, { force: true }), rm(copy, { force: true })]);
  }
}

/** Copies all that is in `from` into the directory `to`: links stay links, times and modes are kept, and all of it is writable to us. */
export async function copyTree(from: string, to: string, about: CopyTreeAbout): Promise<void> {
  // Into where it stands: if the directory is renamed away, a copy that is still at work writes into no other.
  const run = { cwd: to, signal: about.signal, timeLimitMs: about.timeLimitMs, doing: 'copying files' };
  await runCommand(['cp', ...copyFlags(about.how), '--', `${from}/.`, '.'], run);
  await runCommand(['chmod', '-R', 'u+rwX', '--', '.'], run);
}

export interface CopyTreeAbout {
  readonly how: CopyHow;
  readonly signal: AbortSignal;
  readonly timeLimitMs: number;
}

function copyFlags(how: CopyHow): string[] {
  if (process.platform === 'darwin') return how === 'reflink' ? ['-cRpP'] : ['-RpP'];
  return ['-a', ...(how === 'reflink' ? ['--reflink=auto'] : [])];
}
