import type { PullRequest, RepositoryId, RepositoryRef } from '../../domain/pull-request.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type { CodeHost } from '../../ports/code-host.ts';
import { refuseAborted } from './memory-driver.ts';
import type { MemoryWorld } from './memory-world.ts';

export interface MemoryCodeHostOptions {
  readonly repositories: readonly RepositoryRef[];
  /** How old a listing may be; looks at one pull request are always of now. */
  readonly listLagMs?: number;
  /** How far back `recentlyClosed` looks. */
  readonly recentMs?: number;
}

/** A code host in memory, with the buttons that people press there. */
export interface MemoryCodeHost extends CodeHost {
  open(pull: PullRequest): void;
  /** A new head commit, whether on top of the last or in its place. */
  push(repository: RepositoryId, number: number, sha: string): void;
  close(repository: RepositoryId, number: number, how?: { readonly merged: boolean }): void;
  reopen(repository: RepositoryId, number: number): void;
  /** Labels, draft, title, a fork that vanished. */
  edit(repository: RepositoryId, number: number, change: Partial<PullRequest>): void;
  /** Every call fails with this until it is lifted with `undefined`. */
  outage(error: WizardError | undefined): void;
  /** To this commit; the first time makes it. */
  moveBranch(repository: RepositoryId, branch: string, sha: string): void;
  setFile(repository: RepositoryId, path: string, text: string | undefined): void;
  /** As it is now, without the port. */
  now(repository: RepositoryId, number: number): PullRequest | undefined;
  all(): readonly PullRequest[];
}

interface Version {
  readonly at: number;
  readonly pull: PullRequest;
}

export function memoryCodeHost(world: MemoryWorld, options: MemoryCodeHostOptions): MemoryCodeHost {
  const versions = new Map<string, Version[]>();
  const files = new Map<string, string>();
  const branches = new Map<string, string>();
  let broken: WizardError | undefined;
  const time = (): number => world.clock.monotonic();

  const latest = (id: RepositoryId, number: number): PullRequest | undefined =>
    versions.get(keyOf(id, number))?.at(-1)?.pull;
  const save = (pull: PullRequest): void => {
    const key = keyOf(pull.repository.id, pull.number);
    const at = { at: time(), pull: { ...pull, updatedAt: new Date(world.clock.now()).toISOString() } };
    versions.set(key, [...(versions.get(key) ?? []), at]);
  };
  const edit = (id: RepositoryId, number: number, change: Partial<PullRequest>): void => {
    const pull = latest(id, number);
    if (!pull) throw new Error(`no pull request ${number} to edit`);
    save({ ...pull, ...change });
  };
  const asOf = (id: RepositoryId, when: number): Version[] =>
    [...versions.values()].flatMap((all) => {
      const version = all.findLast(({ at }) => at <= when);
      return version && version.pull.repository.id === id ? [version] : [];
    });
  const check = (doing: string, call: Call): void => {
    refuseAborted(call, doing);
    if (broken) throw new WizardError(`${doing}: ${broken.message}`, { ...errorAbout(broken), cause: broken });
  };
  const known = (id: RepositoryId, doing: string): RepositoryRef => {
    const found = options.repositories.find((repository) => repository.id === id);
    if (!found) throw noRepository(doing);
    return found;
  };

  return {
    kind: 'memory',
    async repository(name, call) {
      check(`reading ${name}`, call);
      const found = options.repositories.find((repository) => repository.name === name);
      if (!found) throw noRepository(`reading ${name}`);
      return found;
    },
    async openPullRequests(repository, call) {
      check(`listing ${repository.name}`, call);
      known(repository.id, `listing ${repository.name}`);
      return asOf(repository.id, time() - (options.listLagMs ?? 0))
        .map(({ pull }) => pull)
        .filter((pull) => pull.state === 'open');
    },
    async findPullRequest(repository, number, call) {
      check(`reading ${repository.name}#${number}`, call);
      known(repository.id, `reading ${repository.name}#${number}`);
      return latest(repository.id, number);
    },
    async recentlyClosed(repository, call) {
      check(`listing closed ones of ${repository.name}`, call);
      return asOf(repository.id, time())
        .filter(({ at, pull }) => pull.state === 'closed' && at >= time() - (options.recentMs ?? 86_400_000))
        .map(({ pull }) => pull);
    },
    async gitAccess(repository, call) {
      check(`opening ${repository.name}`, call);
      return { url: `memory:${repository.id}`, env: {} };
    },
    async branchHead(repository, branch, call) {
      check(`reading the branch ${branch} of ${repository.name}`, call);
      known(repository.id, `reading the branch ${branch} of ${repository.name}`);
      return branches.get(`${repository.id} ${branch}`);
    },
    async readFile(repository, path, ref, call) {
      check(`reading ${path} of ${repository.name}`, call);
      return files.get(`${repository.id} ${ref} ${path}`) ?? files.get(`${repository.id} ${path}`);
    },
    open: save,
    push: (id, number, sha) => edit(id, number, { headSha: sha }),
    close: (id, number, how) => edit(id, number, { state: 'closed', merged: how?.merged ?? false }),
    reopen: (id, number) => edit(id, number, { state: 'open', merged: false }),
    edit,
    outage: (error) => {
      broken = error;
    },
    moveBranch: (id, branch, sha) => void branches.set(`${id} ${branch}`, sha),
    setFile: (id, path, text) =>
      void (text === undefined ? files.delete(`${id} ${path}`) : files.set(`${id} ${path}`, text)),
    now: latest,
    all: () => [...versions.values()].flatMap((all) => all.at(-1)?.pull ?? []),
  };
}

const keyOf = (id: RepositoryId, number: number): string => `${id} ${number}`;

const errorAbout = (error: WizardError) => ({
  code: error.code,
  remedy: error.remedy,
  ...(error.afterMs === undefined ? {} : { afterMs: error.afterMs }),
});

const noRepository = (doing: string): WizardError =>
  new WizardError(`${doing}: there is no such repository, or we may not see it`, {
    code: 'memory/no-repository',
    remedy: 'fix-setup',
    hint: 'Check its name and that access was granted.',
  });
