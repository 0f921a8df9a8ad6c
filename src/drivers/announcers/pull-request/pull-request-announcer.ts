import { z } from 'zod';
import type { JsonObject } from '../../../domain/json.ts';
import type { News } from '../../../domain/news.ts';
import { isSha, type RepositoryRef } from '../../../domain/pull-request.ts';
import { stableHash } from '../../../domain/stable-hash.ts';
import { codeOf } from '../../../domain/wizard-error.ts';
import type { GithubApi } from '../../../kit/github-api.ts';
import { type GithubRepositories, githubRepositories } from '../../../kit/github-repositories.ts';
import { type KeptMessage, keepOneMessage, keptAsJson } from '../../../kit/one-message.ts';
import { redactedNews } from '../../../kit/redacted-news.ts';
import type { Announcer } from '../../../ports/announcer.ts';
import type { Call } from '../../../ports/call.ts';
import { type CommentPlace, isLocked, ownComments } from './comments.ts';
import { statusFor } from './commit-status.ts';
import { markerOf, renderComment } from './render-comment.ts';
import { type StatusSet, setStatus } from './set-status.ts';

export interface PullRequestAnnouncerOptions {
  /** Which server speaks: two on one repository do not take each other's comments. */
  readonly instance: string;
  /** How the repository's GitHub is reached; `undefined` for a repository that is not on GitHub: nothing is said there. */
  readonly githubFor: (repository: RepositoryRef) => GithubApi | undefined;
  /** The name of the commit status. Default `shining-wizard`. */
  readonly statusContext?: string;
}

const handleShape = z.object({
  comment: z
    .object({ at: z.number().int(), said: z.string().optional(), settled: z.boolean(), anewFor: z.string().optional() })
    .optional(),
  status: z
    .object({ sha: z.string(), state: z.enum(['pending', 'success', 'failure', 'error']), said: z.string() })
    .optional(),
});
type Handle = z.infer<typeof handleShape>;

/** Tells the pull request itself: one comment that is kept up to date, and a commit status on its head. */
export function pullRequestAnnouncer(options: PullRequestAnnouncerOptions): Announcer {
  const known = new Map<GithubApi, Acquaintance>();
  const acquaintance = (api: GithubApi): Acquaintance => {
    const made = known.get(api) ?? { repositories: githubRepositories(api), login: undefined };
    known.set(api, made);
    return made;
  };
  return {
    kind: 'pull-request',
    async announce(news, last, call) {
      call.signal.throwIfAborted();
      const api = options.githubFor(news.repository);
      if (!api) return {};
      const us = acquaintance(api);
      const at = await us.repositories.locate(news.repository, call);
      us.login ??= await api.login(call);
      const marker = markerOf(options.instance, news.environment);
      const body = renderComment(news, marker);
      const place: CommentPlace = { api, at, number: news.number, login: us.login, marker, body, call };
      const before = handleShape.safeParse(last).data ?? {};
      const comment = await commentOn(place, news, before.comment);
      const context = options.statusContext ?? 'shining-wizard';
      const status = await statusOn({ api, at, context, call }, news, before.status);
      return asJson({ ...(comment ? { comment } : {}), ...(status ? { status } : {}) });
    },
  };
}

interface Acquaintance {
  readonly repositories: GithubRepositories;
  /** Asked once. */
  login: string | undefined;
}

async function commentOn(
  place: CommentPlace,
  news: News,
  kept: KeptMessage<number> | undefined,
): Promise<KeptMessage<number> | undefined> {
  try {
    return await keepOneMessage(ownComments(place), kept, {
      said: stableHash(place.body, 16),
      commit: news.headSha,
      mayPost: news.worthAMessage,
      isLast: news.phase === 'closed',
    });
  } catch (error) {
    if (codeOf(error) !== 'github/forbidden' || !(await isLocked(place))) throw error;
    place.call.log.info('pull-request.locked', { repository: news.repository.name, number: news.number });
    return kept;
  }
}

/** A status is set only where there is or may be a message: what ended unannounced gets none. */
async function statusOn(
  where: { api: GithubApi; at: CommentPlace['at']; context: string; call: Call },
  news: News,
  last: StatusSet | undefined,
): Promise<StatusSet | undefined> {
  const status = statusFor(redactedNews(news), last?.sha === news.headSha ? last.state : undefined);
  if (!status || !isSha(status.sha) || !(news.worthAMessage || last)) return last;
  return await setStatus(where, status, last);
}

const asJson = ({ comment, status }: Handle): JsonObject => ({
  ...(comment ? { comment: keptAsJson(comment) } : {}),
  ...(status ? { status } : {}),
});
