import { z } from 'zod';
import { isSha, type PullRequest, type RepositoryId, type RepositoryRef } from '../../../domain/pull-request.ts';
import { strangeAnswer } from '../../../kit/github-repositories.ts';

/** What we read of a pull request; GitHub sends ten times more. A deleted account is `user: null`, a deleted fork `repo: null`. */
const pullShape = z.object({
  number: z.number().int().positive(),
  title: z.string(),
  user: z.object({ login: z.string() }).nullable(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  merged_at: z.string().nullable(),
  draft: z.boolean().optional(),
  labels: z.array(z.object({ name: z.string() })),
  head: z.object({
    sha: z.string().refine(isSha),
    ref: z.string(),
    repo: z.object({ id: z.number().int() }).nullable(),
  }),
  base: z.object({ ref: z.string(), repo: z.object({ id: z.number().int() }) }),
  updated_at: z.string(),
});

/** One pull request of an answer; throws `try-again` on anything else, and on one of another repository. */
export function pullOf(repository: RepositoryRef, data: unknown, doing: string): PullRequest {
  const parsed = pullShape.safeParse(data);
  if (!parsed.success) throw strangeAnswer(doing, parsed.error);
  const said = parsed.data;
  if (idOf(said.base.repo) !== repository.id) throw strangeAnswer(`${doing}: it is of another repository`);
  return {
    repository,
    number: said.number,
    title: said.title,
    author: said.user?.login ?? 'ghost',
    url: said.html_url,
    state: said.state,
    merged: said.merged_at !== null,
    draft: said.draft ?? false,
    labels: said.labels.map(({ name }) => name),
    headSha: said.head.sha,
    headRef: said.head.ref,
    headRepositoryId: said.head.repo && idOf(said.head.repo),
    baseRef: said.base.ref,
    updatedAt: said.updated_at,
  };
}

/** A page of a listing, all of it or an error. */
export function pullsOf(repository: RepositoryRef, data: unknown, doing: string): readonly PullRequest[] {
  if (!Array.isArray(data)) throw strangeAnswer(doing);
  return data.map((one: unknown) => pullOf(repository, one, doing));
}

const idOf = (repository: { readonly id: number }): RepositoryId => String(repository.id) as RepositoryId;
