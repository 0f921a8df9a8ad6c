import { isSha } from '../../../domain/pull-request.ts';
import { codeOf, WizardError } from '../../../domain/wizard-error.ts';
import { runGit } from '../../../kit/run-git.ts';

const mostBytes = 1024 * 1024;

/**
 * The text of a file at a branch or commit; `undefined` when either is not there. The names are given to git as input, never as
 * arguments, and git's answer to a missing one is a word of its protocol, not an error.
 */
export async function readBlob(gitDir: string, path: string, ref: string, signal: AbortSignal) {
  const revision = isSha(ref) ? ref : `refs/heads/${ref}`;
  if (!isPlainPath(path) || !isPlainRef(revision)) return undefined;
  const { stdout } = await runGit(['cat-file', '--batch'], {
    cwd: gitDir,
    signal,
    input: `${revision}:${path}\n`,
    timeLimitMs: 30_000,
    maxOutputBytes: mostBytes,
    doing: 'reading a file of the repository',
  }).catch((error: unknown) => {
    if (codeOf(error) !== 'command/too-much-output') throw error;
    throw new WizardError(`reading ${JSON.stringify(path)}: it is larger than 1 MB`, {
      code: 'repository-folder/file-too-large',
      remedy: 'change-input',
      cause: error,
    });
  });
  const endOfHeader = stdout.indexOf('\n');
  const isBlob = /^[0-9a-f]{40,64} blob [0-9]+$/.test(stdout.slice(0, endOfHeader));
  return isBlob ? stdout.slice(endOfHeader + 1, -1) : undefined;
}

/** The commit that a branch is at; `undefined` when there is no such branch. */
export async function readBranch(gitDir: string, branch: string, signal: AbortSignal): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  if (!isPlainRef(ref)) return undefined;
  const { stdout } = await runGit(['cat-file', '--batch-check'], {
    cwd: gitDir,
    signal,
    input: `${ref}\n`,
    timeLimitMs: 30_000,
    doing: 'reading a branch of the repository',
  });
  return /^([0-9a-f]{40}) commit /.exec(stdout)?.[1];
}

const isPlainPath = (path: string): boolean =>
  !hasControl(path) && path.split('/').every((part) => !['', '.', '..'].includes(part));

/** No revision arithmetic: what git itself does not allow in the name of a branch. */
const isPlainRef = (ref: string): boolean => !hasControl(ref) && !/[~^:?*[\\ ]|\.\.|@\{/.test(ref);

const hasControl = (text: string): boolean => [...text].some((letter) => letter < ' ' || letter === '\u007f');
