import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSha } from '../../../domain/pull-request.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { orMissing } from '../../../kit/path-kind.ts';
import { runGit } from '../../../kit/run-git.ts';

export interface PullRef {
  readonly sha: string;
  /** Milliseconds since 1970; of the file that holds the ref. */
  readonly changedAt: number;
}

const pullRef = /^([0-9a-f]{40}) refs\/pull\/([1-9][0-9]{0,9})\/head$/;
const number = /^[1-9][0-9]{0,9}$/;

/**
 * Number → head of every `refs/pull/N/head`, or of one, read from the files themselves: a listing takes no process and a few
 * milliseconds. Loose refs first, then the packed ones: a ref that git packs in between is then seen twice, never missed.
 */
export async function readPullRefs(gitDir: string, signal: AbortSignal, only?: number): Promise<Map<number, PullRef>> {
  if (await orMissing(stat(join(gitDir, 'reftable')))) return askGit(gitDir, signal);
  const all = only === undefined ? await orMissing(readdir(join(gitDir, 'refs/pull'))) : [String(only)];
  const names = (all ?? []).filter((name) => number.test(name));
  const loose = await Promise.all(names.map(async (name) => [Number(name), await readLoose(gitDir, name)] as const));
  const refs = await readPacked(gitDir);
  for (const [of, ref] of loose) if (ref) refs.set(of, ref);
  return refs;
}

async function readLoose(gitDir: string, name: string): Promise<PullRef | undefined> {
  const path = join(gitDir, 'refs/pull', name, 'head');
  const text = await orMissing(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  const sha = text.trim();
  if (!isSha(sha)) throw unreadable(`refs/pull/${name}/head is not a commit`);
  return { sha, changedAt: (await orMissing(stat(path)))?.mtimeMs ?? 0 };
}

async function readPacked(gitDir: string): Promise<Map<number, PullRef>> {
  const path = join(gitDir, 'packed-refs');
  const text = await orMissing(readFile(path, 'utf8'));
  if (text === undefined) return new Map();
  return parseRefs(text, (await orMissing(stat(path)))?.mtimeMs ?? 0);
}

async function askGit(gitDir: string, signal: AbortSignal): Promise<Map<number, PullRef>> {
  const { stdout } = await runGit(['for-each-ref', '--format=%(objectname) %(refname)', 'refs/pull/'], {
    cwd: gitDir,
    signal,
    timeLimitMs: 30_000,
    doing: 'listing pull requests',
  });
  return parseRefs(stdout, 0);
}

function parseRefs(text: string, changedAt: number): Map<number, PullRef> {
  const refs = new Map<number, PullRef>();
  for (const line of text.split('\n')) {
    const match = pullRef.exec(line);
    if (match?.[1] && match[2]) refs.set(Number(match[2]), { sha: match[1], changedAt });
  }
  return refs;
}

const unreadable = (what: string): WizardError =>
  new WizardError(`listing pull requests: ${what}`, {
    code: 'repository-folder/bad-ref',
    remedy: 'fix-setup',
    hint: 'Repair or delete that ref in the repository.',
  });
