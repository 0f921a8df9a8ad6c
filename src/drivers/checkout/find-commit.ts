import { WizardError } from '../../domain/wizard-error.ts';
import { runGit } from '../../kit/run-git.ts';

/** The bytes of a commit object, or `undefined` when the mirror does not have it. */
export async function findCommit(mirror: string, sha: string, signal: AbortSignal): Promise<Buffer | undefined> {
  const { stdout } = await runGit(['cat-file', '--batch'], {
    cwd: mirror,
    input: `${sha}\n`,
    encoding: 'latin1',
    signal,
    timeLimitMs: 60_000,
    doing: 'looking for a commit',
  });
  const endOfHeader = stdout.indexOf('\n');
  const [, kind] = stdout.slice(0, endOfHeader).split(' ');
  if (kind === 'missing') return undefined;
  if (kind === 'commit') return Buffer.from(stdout.slice(endOfHeader + 1, -1), 'latin1');
  throw new WizardError(`looking for commit ${sha.slice(0, 7)}: that is a ${kind ?? 'nothing'}, not a commit`, {
    code: 'checkout/not-a-commit',
    remedy: 'change-input',
  });
}
