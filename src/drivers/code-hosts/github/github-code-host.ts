import type { PullRequest } from '../../../domain/pull-request.ts';
import { codeOf, WizardError } from '../../../domain/wizard-error.ts';
import { type Asked, type GithubApi, reading, readingContents } from '../../../kit/github-api.ts';
import { githubRepositories, type Located } from '../../../kit/github-repositories.ts';
import type { Call } from '../../../ports/call.ts';
import type { CodeHost } from '../../../ports/code-host.ts';
import { gitAccess } from './git-access.ts';
import { openPulls } from './open-pulls.ts';
import { pullOf, pullsOf } from './pull-of.ts';

/** GitHub, github.com or Enterprise. Repositories are followed by id; nothing is answered from a list that might be short. */
export function githubCodeHost(api: GithubApi): CodeHost {
  const repositories = githubRepositories(api);
  const listOpen = openPulls(api);
  return {
    kind: 'github',
    repository: async (name, call) => (await repositories.find(name, call)).ref,
    openPullRequests: async (repository, call) => listOpen(await repositories.locate(repository, call), call),
    findPullRequest: async (repository, number, call) =>
      findPull(api, await repositories.locate(repository, call), number, call),
    recentlyClosed: async (repository, call) => lastClosed(api, await repositories.locate(repository, call), call),
    async gitAccess(repository, call) {
      const at = await repositories.locate(repository, call);
      const doing = `getting access to ${at.ref.name} by git`;
      const token = await api.token({ doing, repository: at.ref, permissions: readingContents, call });
      return gitAccess(api.baseUrl, at.cloneUrl, token);
    },
    branchHead: async (repository, branch, call) =>
      branchHead(api, await repositories.locate(repository, call), branch, call),
    readFile: async (repository, path, ref, call) =>
      readFile(api, await repositories.locate(repository, call), { path, ref }, call),
  };
}

async function findPull(api: GithubApi, at: Located, number: number, call: Call): Promise<PullRequest | undefined> {
  const asked: Asked = {
    doing: `reading pull request ${number} of ${at.ref.name}`,
    repository: at.ref,
    permissions: reading,
    call,
  };
  const { owner, repo } = at;
  try {
    return await api.ask(asked, async (github) => {
      const answer = await github.rest.pulls.get({ owner, repo, pull_number: number });
      return pullOf(at.ref, answer.data, asked.doing);
    });
  } catch (error) {
    if (codeOf(error) !== 'github/not-found') throw error;
    // 404 also means "you may not see it": only who can list pull requests can say that there never was one.
    await api.ask(asked, (github) => github.rest.pulls.list({ owner, repo, state: 'all', per_page: 1 }));
    return undefined;
  }
}

async function lastClosed(api: GithubApi, at: Located, call: Call): Promise<readonly PullRequest[]> {
  const doing = `listing the closed pull requests of ${at.ref.name}`;
  return api.ask({ doing, repository: at.ref, permissions: reading, call }, async (github) => {
    const about = { owner: at.owner, repo: at.repo, per_page: 100 };
    const answer = await github.rest.pulls.list({ ...about, state: 'closed', sort: 'updated', direction: 'desc' });
    return pullsOf(at.ref, answer.data, doing);
  });
}

async function branchHead(api: GithubApi, at: Located, branch: string, call: Call): Promise<string | undefined> {
  const doing = `reading the branch ${branch} of ${at.ref.name}`;
  const asked: Asked = { doing, repository: at.ref, permissions: readingContents, call };
  const { owner, repo } = at;
  try {
    return await api.ask(
      asked,
      async (github) => (await github.rest.repos.getBranch({ owner, repo, branch })).data.commit.sha,
    );
  } catch (error) {
    if (codeOf(error) !== 'github/not-found') throw error;
    // Whoever can list branches may see this one: then it is not there.
    await api.ask(asked, (github) => github.rest.repos.listBranches({ owner, repo, per_page: 1 }));
    return undefined;
  }
}

interface FileAsked {
  readonly path: string;
  readonly ref: string;
}

async function readFile(api: GithubApi, at: Located, file: FileAsked, call: Call): Promise<string | undefined> {
  if (file.path.split('/').some((part) => ['', '.', '..'].includes(part))) throw strangePath(file.path);
  const asked: Asked = {
    doing: `reading ${file.path} of ${at.ref.name} at ${file.ref}`,
    repository: at.ref,
    permissions: readingContents,
    call,
  };
  const { owner, repo } = at;
  try {
    return await api.ask(asked, async (github) => {
      const raw = { mediaType: { format: 'raw' } };
      const answer = await github.rest.repos.getContent({ owner, repo, path: file.path, ref: file.ref, ...raw });
      const data: unknown = answer.data;
      // A folder is answered as a list even so: there is no file of this name.
      return typeof data === 'string' ? data : undefined;
    });
  } catch (error) {
    if (codeOf(error) !== 'github/not-found') throw error;
    // Whoever can list what is at the top may see files: then this one is not there. A ref that is unknown has no files.
    await api.ask(asked, (github) => github.rest.repos.getContent({ owner, repo, path: '' }));
    return undefined;
  }
}

const strangePath = (path: string): WizardError =>
  new WizardError(`reading ${path} of a repository: that is not a path inside it`, {
    code: 'github/strange-path',
    remedy: 'change-input',
  });
