import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSha } from '../../../domain/pull-request.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { runGit } from '../../../kit/run-git.ts';
import { writeWhole } from '../../../kit/write-whole.ts';
import { descriptionPath, type PullDescription, readDescription } from './pull-description.ts';

const timeLimitMs = 30_000;

/** A pull request of a repository folder: `gitDir` is the bare repository. */
export interface PullFile {
  readonly gitDir: string;
  readonly number: number;
}

/** Opens a pull request at a commit that is in the repository already. */
export async function openPull(pull: PullFile, sha: string, about: PullDescription = {}): Promise<void> {
  await moveHead(pull, sha);
  await describePull(pull, { ...about, state: 'open', headSha: sha });
}

/** A push: the head is now this commit, whether it follows the old one or not. */
export async function pushPull(pull: PullFile, sha: string): Promise<void> {
  await moveHead(pull, sha);
  await describePull(pull, { headSha: sha });
}

export const closePull = (pull: PullFile, about: { readonly merged?: boolean } = {}): Promise<void> =>
  describePull(pull, { state: 'closed', merged: about.merged ?? false });

export const reopenPull = (pull: PullFile): Promise<void> => describePull(pull, { state: 'open', merged: false });

/** Changes the given fields (title, labels, draft) and leaves the others. */
export async function describePull(pull: PullFile, changes: PullDescription): Promise<void> {
  const path = descriptionPath(pull.gitDir, pull.number);
  await mkdir(dirname(path), { recursive: true });
  const before = (await readDescription(pull.gitDir, pull.number)) ?? {};
  const after = { ...before, ...changes, updatedAt: new Date().toISOString() };
  await writeWhole(path, `${JSON.stringify(after, undefined, 2)}\n`);
}

async function moveHead({ gitDir, number }: PullFile, sha: string): Promise<void> {
  if (!isSha(sha) || !Number.isSafeInteger(number) || number < 1) {
    throw new WizardError('writing a pull request: it needs a number and a full commit hash', {
      code: 'repository-folder/bad-pull',
      remedy: 'report-bug',
    });
  }
  await runGit(['update-ref', `refs/pull/${number}/head`, sha], { cwd: gitDir, timeLimitMs, doing: 'moving a head' });
}
