import { createHash } from 'node:crypto';
import { WizardError } from '../../domain/wizard-error.ts';
import { runGit } from '../../kit/run-git.ts';

/** The bytes of a commit object, which are those of this very hash. */
export async function readCommit(mirror: string, sha: string, signal: AbortSignal): Promise<Buffer> {
  const { stdout } = await runGit([`--git-dir=${mirror}`, 'cat-file', '--batch'], {
    input: `${sha}\n`,
    encoding: 'latin1',
    signal,
    timeLimitMs: 60_000,
    doing: 'reading a commit',
  });
  const endOfHeader = stdout.indexOf('\n');
  const [, kind] = stdout.slice(0, endOfHeader).split(' ');
  if (kind !== 'commit' && kind !== 'missing') {
    throw new WizardError(`reading commit ${sha.slice(0, 7)}: that is a ${kind ?? 'nothing'}, not a commit`, {
      code: 'checkout/not-a-commit',
      remedy: 'change-input',
    });
  }
  const bytes = Buffer.from(stdout.slice(endOfHeader + 1, -1), 'latin1');
  if (kind === 'commit' && hashOf(bytes) === sha) return bytes;
  throw new WizardError(`reading commit ${sha.slice(0, 7)}: what the mirror holds is something else, or nothing`, {
    code: 'checkout/wrong-commit',
    remedy: 'try-again',
  });
}

const hashOf = (commit: Buffer): string =>
  createHash('sha1').update(`commit ${commit.length}\0`).update(commit).digest('hex');
