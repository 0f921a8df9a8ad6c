import { createHash } from 'node:crypto';
import type { PullRequest, RepositoryId, RepositoryRef } from '../../src/domain/pull-request.ts';

export interface WorldComment {
  readonly id: number;
  readonly number: number;
  readonly body: string;
  readonly author: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface WorldStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly author: string;
  readonly at: string;
}

export interface WorldRepository {
  readonly id: RepositoryId;
  name: string;
  cloneUrl: string;
  readonly pulls: Map<number, PullRequest>;
  readonly locked: Set<number>;
  /** `REF:PATH` → text. */
  readonly files: Map<string, string>;
  /** Branch → the commit that it is at. */
  readonly branches: Map<string, string>;
  readonly comments: Map<number, WorldComment>;
  readonly statuses: WorldStatus[];
}

export type Happened = (action: string, pull: PullRequest, before?: string) => void;

/** What is on the code host, and what a person can do there. */
export interface GithubWorld {
  readonly repositories: Map<RepositoryId, WorldRepository>;
  /** Old name → the repository that had it. */
  readonly formerNames: Map<string, RepositoryId>;
  /** Told of every action of a person that GitHub sends a webhook for. */
  happened: Happened;
  addRepository(name: string, cloneUrl?: string): RepositoryRef;
  rename(from: string, to: string): void;
  remove(name: string): void;
  openPull(repository: string, fields?: Partial<PullRequest>): PullRequest;
  /** A new head commit, made up when none is given. */
  push(repository: string, number: number, sha?: string): PullRequest;
  /** A commit on a branch, without a pull request; answers it. */
  commitTo(repository: string, branch: string): string;
  /** Any other change, under the name of its action: `closed`, `reopened`, `labeled`, `converted_to_draft`. */
  change(repository: string, number: number, action: string, fields: Partial<PullRequest>): PullRequest;
  close(repository: string, number: number, merged?: boolean): PullRequest;
  reopen(repository: string, number: number): PullRequest;
  at(name: string): WorldRepository;
  /** Every moment is a second later than the last. */
  tick(): string;
  nextId(): number;
}

export function githubWorld(): GithubWorld {
  let ids = 1000;
  let seconds = Date.UTC(2026, 0, 1) / 1000;
  const world: GithubWorld = {
    repositories: new Map(),
    formerNames: new Map(),
    happened: () => undefined,
    tick() {
      seconds += 1;
      return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
    },
    nextId() {
      ids += 1;
      return ids;
    },
    at(name) {
      const found = [...world.repositories.values()].find((one) => one.name === name);
      if (!found) throw new Error(`looking in the stand-in: there is no repository ${name}`);
      return found;
    },
    addRepository(name, cloneUrl = `https://github.com/${name}.git`) {
      const id = String(world.nextId()) as RepositoryId;
      const empty = {
        pulls: new Map(),
        locked: new Set<number>(),
        files: new Map(),
        branches: new Map(),
        comments: new Map(),
        statuses: [],
      };
      world.repositories.set(id, { id, name, cloneUrl, ...empty });
      return { id, name };
    },
    rename(from, to) {
      const repository = world.at(from);
      repository.name = to;
      world.formerNames.set(from, repository.id);
    },
    remove: (name) => void world.repositories.delete(world.at(name).id),
    openPull(name, fields = {}) {
      const { id, pulls } = world.at(name);
      const pull = aPull({ id, name }, Math.max(0, ...pulls.keys()) + 1, world.tick(), fields);
      return put(world, pull, 'opened');
    },
    push(name, number, sha) {
      const before = pullAt(world, name, number);
      const headSha = sha ?? madeUpSha(`${name} ${number} ${world.tick()}`);
      return put(world, { ...before, headSha, updatedAt: world.tick() }, 'synchronize', before.headSha);
    },
    commitTo(name, branch) {
      const sha = madeUpSha(`${name} ${branch} ${world.tick()}`);
      world.at(name).branches.set(branch, sha);
      return sha;
    },
    change: (name, number, action, fields) =>
      put(world, { ...pullAt(world, name, number), updatedAt: world.tick(), ...fields }, action),
    close: (name, number, merged = false) => world.change(name, number, 'closed', { state: 'closed', merged }),
    reopen: (name, number) => world.change(name, number, 'reopened', { state: 'open', merged: false }),
  };
  return world;
}

function aPull(repository: RepositoryRef, number: number, at: string, fields: Partial<PullRequest>): PullRequest {
  return {
    repository,
    number,
    title: `Change ${number}`,
    author: 'ann',
    url: `https://github.com/${repository.name}/pull/${number}`,
    state: 'open',
    merged: false,
    draft: false,
    labels: [],
    headSha: madeUpSha(`${repository.name} ${number}`),
    headRef: `change-${number}`,
    headRepositoryId: repository.id,
    baseRef: 'main',
    updatedAt: at,
    ...fields,
  };
}

function put(world: GithubWorld, pull: PullRequest, action: string, before?: string): PullRequest {
  const repository = world.at(pull.repository.name);
  const now = { ...pull, repository: { id: repository.id, name: repository.name } };
  repository.pulls.set(now.number, now);
  world.happened(action, now, before);
  return now;
}

function pullAt(world: GithubWorld, name: string, number: number): PullRequest {
  const pull = world.at(name).pulls.get(number);
  if (!pull) throw new Error(`looking in the stand-in: ${name} has no pull request ${number}`);
  return { ...pull, repository: { ...pull.repository, name } };
}

const madeUpSha = (seed: string): string => createHash('sha1').update(seed).digest('hex');
