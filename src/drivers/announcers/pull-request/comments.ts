import { z } from 'zod';
import { codeOf } from '../../../domain/wizard-error.ts';
import { type Asked, announcing, type Github, type GithubApi } from '../../../kit/github-api.ts';
import type { Located } from '../../../kit/github-repositories.ts';
import type { OwnMessages } from '../../../kit/one-message.ts';
import type { Call } from '../../../ports/call.ts';

export interface CommentPlace {
  readonly api: GithubApi;
  readonly at: Located;
  readonly number: number;
  /** Whose comments are ours. */
  readonly login: string;
  readonly marker: string;
  readonly body: string;
  readonly call: Call;
}

const shape = z.object({
  id: z.number().int(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
});

/** Our comments on one pull request. GitHub's listing is oldest first and ids grow, so the lowest id is the oldest. */
export function ownComments(place: CommentPlace): OwnMessages<number> {
  const { api, at, number, marker, body, call } = place;
  const { owner, repo } = at;
  const ask = <T>(doing: string, work: (github: Github) => Promise<T>): Promise<T> => {
    const asked: Asked = {
      doing: `${doing} on pull request ${number} of ${at.ref.name}`,
      repository: at.ref,
      permissions: announcing,
      call,
    };
    return api.ask(asked, work);
  };
  const isOurs = (comment: z.infer<typeof shape>): boolean =>
    comment.user?.login.toLowerCase() === place.login.toLowerCase() && (comment.body ?? '').startsWith(marker);

  return {
    find: () =>
      ask('looking for our comment', async (github) => {
        const about = { owner, repo, issue_number: number, per_page: 100 };
        const all = z.array(shape).parse(await github.paginate(github.rest.issues.listComments, about));
        return all
          .filter(isOurs)
          .map(({ id }) => id)
          .sort((a, b) => a - b);
      }),
    post: () =>
      ask('writing a comment', async (github) => {
        const answer = await github.rest.issues.createComment({ owner, repo, issue_number: number, body });
        return shape.parse(answer.data).id;
      }),
    edit: (id) =>
      orGone(false, () =>
        ask('editing our comment', async (github) => {
          const about = { owner, repo, comment_id: id };
          const now = shape.parse((await github.rest.issues.getComment(about)).data);
          if (!isOurs(now)) return false;
          // Each edit shows in the comment's history, so one that changes nothing is spared.
          if (now.body !== body) await github.rest.issues.updateComment({ ...about, body });
          return true;
        }),
      ),
    remove: (id) =>
      orGone(undefined, () =>
        ask('deleting our second comment', async (github) => {
          await github.rest.issues.deleteComment({ owner, repo, comment_id: id });
        }),
      ),
  };
}

async function orGone<T>(whenGone: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'github/not-found' || code === 'github/gone') return whenGone;
    throw error;
  }
}

/** Whether people closed the conversation: then nobody but them may write there. */
export async function isLocked({ api, at, number, call }: CommentPlace): Promise<boolean> {
  const asked: Asked = {
    doing: `reading whether pull request ${number} of ${at.ref.name} is locked`,
    repository: at.ref,
    permissions: announcing,
    call,
  };
  return api.ask(asked, async (github) => {
    const answer = await github.rest.pulls.get({ owner: at.owner, repo: at.repo, pull_number: number });
    return answer.data.locked;
  });
}
