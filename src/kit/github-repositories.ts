import { z } from 'zod';
import type { RepositoryId, RepositoryRef } from '../domain/pull-request.ts';
import { codeOf, WizardError } from '../domain/wizard-error.ts';
import type { Call } from '../ports/call.ts';
import { type Asked, type Github, type GithubApi, type RepositoryAsked, reading } from './github-api.ts';
import { statusIn } from './github-errors.ts';

/** A repository as it is named now, ready to be put in a request. */
export interface Located {
  readonly ref: RepositoryRef;
  readonly owner: string;
  readonly repo: string;
  readonly cloneUrl: string;
}

/** Finds repositories by id, whatever they are called by now. */
export interface GithubRepositories {
  /** By name; throws `fix-setup` when it cannot be read. */
  find(name: string, call: Call): Promise<Located>;
  /** By id. Costs nothing while nothing changed; a repository that took over the old name is never mistaken for ours. */
  locate(repository: RepositoryRef, call: Call): Promise<Located>;
}

const answerShape = z.object({ id: z.number().int(), full_name: z.string(), clone_url: z.string() });

export function githubRepositories(api: GithubApi): GithubRepositories {
  const seen = new Map<RepositoryId, { readonly etag: string | undefined; readonly located: Located }>();

  const ask = (repository: RepositoryAsked, call: Call): Asked => ({
    doing: `reading the repository ${typeof repository === 'string' ? repository : repository.name}`,
    repository,
    permissions: reading,
    call,
  });

  const byName = (asked: Asked, name: string, known?: { etag: string | undefined; located: Located }) =>
    api.ask(asked, async (github) => {
      const answer = await ifChanged(github, 'GET /repos/{owner}/{repo}', { ...ownerAndRepo(name) }, known?.etag);
      if (answer === 'unchanged' && known) return known.located;
      return answer === 'unchanged' ? undefined : remember(answer);
    });

  const byId = (asked: Asked, id: RepositoryId) =>
    api.ask(asked, async (github) => remember(await github.request('GET /repositories/{id}', { id })));

  const remember = (answer: Answer): Located => {
    const located = locatedIn(answer.data);
    seen.set(located.ref.id, { etag: answer.headers.etag, located });
    return located;
  };

  return {
    async find(name, call) {
      const located = await byName(ask(name, call), name);
      if (!located) throw strangeAnswer(`reading the repository ${name}`);
      return located;
    },
    async locate(repository, call) {
      const asked = ask(repository, call);
      const known = seen.get(repository.id);
      try {
        const located = await byName(asked, known?.located.ref.name ?? repository.name, known);
        if (located?.ref.id === repository.id) return located;
      } catch (error) {
        if (codeOf(error) !== 'github/not-found') throw error;
      }
      // Renamed, and somebody else has the name by now or nobody: only the id leads there.
      seen.delete(repository.id);
      return byId(asked, repository.id);
    },
  };
}

export interface Answer {
  readonly headers: Readonly<{ etag?: string | undefined; link?: string | undefined }>;
  readonly data: unknown;
}

/** A GET that costs nothing of our allowance when the answer is still the one with this ETag. */
export async function ifChanged(
  github: Github,
  route: string,
  parameters: Readonly<Record<string, string | number>>,
  etag: string | undefined,
): Promise<Answer | 'unchanged'> {
  try {
    return await github.request(route, { ...parameters, headers: etag === undefined ? {} : { 'if-none-match': etag } });
  } catch (error) {
    if (statusIn(error) === 304 && etag !== undefined) return 'unchanged';
    throw error;
  }
}

function locatedIn(data: unknown): Located {
  const parsed = answerShape.safeParse(data);
  if (!parsed.success) throw strangeAnswer('reading a repository', parsed.error);
  const { id, full_name, clone_url } = parsed.data;
  return {
    ref: { id: String(id) as RepositoryId, name: full_name },
    ...ownerAndRepo(full_name),
    cloneUrl: clone_url,
  };
}

/** `owner/name` in two; anything else could lead to another address of the API. */
export function ownerAndRepo(name: string): { readonly owner: string; readonly repo: string } {
  const match = /^([A-Za-z0-9_-]+)\/([A-Za-z0-9._-]+)$/.exec(name);
  const [, owner, repo] = match ?? [];
  if (owner === undefined || repo === undefined || /^\.\.?$/.test(repo)) {
    throw new WizardError(`reading the repository ${name}: that is not OWNER/NAME`, {
      code: 'github/strange-name',
      remedy: 'fix-setup',
      hint: 'Write the repository in wizard.yml as OWNER/NAME.',
    });
  }
  return { owner, repo };
}

/** For an answer that is not of the published shape: an error page of a proxy, half a list. */
export const strangeAnswer = (doing: string, cause?: unknown): WizardError =>
  new WizardError(`${doing}: the answer is not what GitHub promises`, {
    code: 'github/unexpected-answer',
    remedy: 'try-again',
    cause,
  });
