import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryRef } from '../../domain/pull-request.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { runGit } from '../../kit/run-git.ts';
import type { Call } from '../../ports/call.ts';
import type { CodeHost } from '../../ports/code-host.ts';
import { ensureCommit } from './ensure-commit.ts';
import { materialise } from './materialise.ts';
import type { MirrorFolder } from './mirror-folder.ts';
import { submoduleRepository } from './submodule-repository.ts';

export interface SubmodulesAbout {
  readonly mirrors: MirrorFolder;
  readonly host: CodeHost;
  /** `owner/name` of each repository that may come as a submodule: the operator's choice, since our access may reach more. */
  readonly allowed: readonly string[];
  readonly fetchLimitMs: number;
  readonly call: Call;
}

interface Around {
  readonly repository: RepositoryRef;
  readonly sha: string;
  /** Where its files are. */
  readonly path: string;
}

interface Submodule {
  readonly path: string;
  readonly url: string;
  readonly sha: string;
}

/** One in one in one is seen; more, or many, would be a way to keep us busy. */
const deepest = 3;
const most = 100;
const limitMs = 60_000;

/**
 * Writes the submodules of a checkout into their places, each at the commit that the tree names, fetched like every repository of ours. Of
 * `.gitmodules` only paths and which repositories are meant are believed; one that is not allowed is an error of the commit.
 */
export const writeSubmodules = (about: SubmodulesAbout, around: Around): Promise<void> =>
  writeLevel({ ...about, count: { left: most } }, around, 1);

type Counted = SubmodulesAbout & { readonly count: { left: number } };

async function writeLevel(about: Counted, around: Around, depth: number): Promise<void> {
  const { mirrors, host, call } = about;
  const found = await mirrors.readingFrom(around.repository.id, call.signal, (mirror) =>
    submodulesOf(mirror, around, call),
  );
  if (found.length === 0) return;
  if (depth > deepest) throw refused(`submodules lie deeper than ${deepest} levels`, around);
  const { url: base } = await host.gitAccess(around.repository, call);
  for (const submodule of found) {
    const name = submoduleRepository(submodule.url, base);
    const isAllowed = about.allowed.some((one) => one.toLowerCase() === name?.toLowerCase());
    if (name === undefined || !isAllowed)
      throw refused(`the submodule ${submodule.path} is of a repository that is not allowed`, around);
    about.count.left -= 1;
    if (about.count.left < 0) throw tooMany(around);
    const inner = await writeOne(about, around, { ...submodule, repository: await host.repository(name, call) });
    await writeLevel(about, inner, depth + 1);
  }
}

async function writeOne(
  { mirrors, host, fetchLimitMs, call }: Counted,
  around: Around,
  { path, sha, repository }: Submodule & { readonly repository: RepositoryRef },
): Promise<Around> {
  await ensureCommit(mirrors, {
    ...{ repository, sha, host, fetchLimitMs, call },
    ref: `refs/submodule/${sha}`,
  });
  const place = join(around.path, path);
  // Git has made the folder; through a link in its place nothing is written.
  if ((await realpath(place)) !== join(await realpath(around.path), path))
    throw refused(`the submodule ${path} has no folder of its own`, around);
  const { signal } = call;
  await mirrors.readingFrom(repository.id, signal, (mirror) =>
    materialise({ mirror, spec: { sha }, path: place, signal }),
  );
  return { repository, sha, path: place };
}

/** Those that `.gitmodules` of the commit names and its tree has, each place once. */
async function submodulesOf(mirror: string, around: Around, { signal }: Call): Promise<readonly Submodule[]> {
  const urls = await readModules(mirror, around, signal);
  if (urls.size === 0) return [];
  const asked = { cwd: mirror, signal, timeLimitMs: limitMs, doing: 'looking for submodules' };
  const { stdout } = await runGit(['--literal-pathspecs', 'ls-tree', '-z', around.sha, '--', ...urls.keys()], asked);
  return stdout.split('\0').flatMap((entry) => {
    const [, sha, path = ''] = /^160000 commit ([0-9a-f]{40})\t(.*)$/s.exec(entry) ?? [];
    const url = urls.get(path);
    return sha === undefined || url === undefined ? [] : [{ path, url, sha }];
  });
}

/** The address for each place that `.gitmodules` names. */
async function readModules(mirror: string, around: Around, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const keys = '^submodule\\..*\\.(path|url)$';
  const { stdout, status } = await runGit(['config', `--blob=${around.sha}:.gitmodules`, '-z', '--get-regexp', keys], {
    ...{ cwd: mirror, signal, timeLimitMs: limitMs, doing: 'reading .gitmodules' },
    // There is none, or none that git can read: then they stay empty folders.
    allow: () => true,
  });
  if (status !== 0) return new Map();
  const fields = new Map<string, { path?: string; url?: string }>();
  for (const entry of stdout.split('\0').filter(Boolean)) {
    const [key = '', ...rest] = entry.split('\n');
    const name = key.slice('submodule.'.length, key.lastIndexOf('.'));
    const field = key.endsWith('.path') ? 'path' : 'url';
    fields.set(name, { ...fields.get(name), [field]: rest.join('\n') });
  }
  if (fields.size > most) throw tooMany(around);
  const named = [...fields.values()].flatMap(({ path, url }) =>
    path === undefined || url === undefined || !isPlain(path) ? [] : [[path, url] as const],
  );
  return new Map(named);
}

/** As a tree would name it, and a file system can. */
const isPlain = (path: string): boolean =>
  path.length <= 4096 &&
  path.split('/').every((step) => step !== '' && step !== '.' && step !== '..') &&
  !path.startsWith('-');

const tooMany = (around: Around): WizardError => refused(`there are more than ${most} submodules`, around);

const refused = (what: string, { repository, sha }: Around): WizardError =>
  new WizardError(`writing the submodules of ${repository.name} at ${sha.slice(0, 7)}: ${what}`, {
    code: 'checkout/submodule-refused',
    remedy: 'change-input',
    hint: 'Only repositories of the same code host that `submodules` in wizard.yml names are fetched: add it there, or take it out.',
  });
