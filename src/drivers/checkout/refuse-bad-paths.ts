import { WizardError } from '../../domain/wizard-error.ts';
import { runGit } from '../../kit/run-git.ts';

const longestName = 255;
const longestPath = 3000;

/** After git could not write a commit's files: throws `change-input` when it is because of their names. */
export async function refuseBadPaths(mirror: string, sha: string, signal: AbortSignal): Promise<void> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '--name-only', sha], {
    cwd: mirror,
    signal,
    timeLimitMs: 60_000,
    maxOutputBytes: 256 * 1024 * 1024,
    doing: 'listing the files',
  });
  const bad = stdout.split('\0').find((path) => path !== '' && !isWritable(path));
  if (bad === undefined) return;
  throw new WizardError(`writing the files: ${JSON.stringify(bad.slice(0, 200))} is not a name that can be written`, {
    code: 'checkout/bad-path',
    remedy: 'change-input',
    hint: 'Take that file out of the commit.',
  });
}

function isWritable(path: string): boolean {
  if (Buffer.byteLength(path) > longestPath) return false;
  return path
    .split('/')
    .every((name) => !['', '.', '..'].includes(name) && !isGitFolder(name) && Buffer.byteLength(name) <= longestName);
}

/** `.git` as some file system may read it, whatever the case and with what is dropped or ignored (dots, spaces, invisible letters). */
const isGitFolder = (name: string): boolean =>
  /^(\.git|git~1)[ .]*(:.*)?$/i.test(name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, ''));
