import { durationText } from '../../../domain/duration-text.ts';
import type { News } from '../../../domain/news.ts';
import { oneLine } from '../../../domain/plain-text.ts';
import { shortSha } from '../../../domain/pull-request.ts';

/** What GitHub shows beside a commit. */
export interface CommitStatus {
  readonly sha: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** At most 140 characters. */
  readonly description: string;
  /** Where the sign leads; missing: nowhere. */
  readonly targetUrl?: string;
}

/**
 * The status that `news` asks for; missing: leave what is there. `before` is the state that we set last for this commit: what
 * ends while it is pending must not stay pending for ever, and what was judged keeps its judgement.
 */
export function statusFor(news: News, before: CommitStatus['state'] | undefined): CommitStatus | undefined {
  const url = news.urls.map(({ url }) => url).find((one) => /^https?:/i.test(one));
  const status = (state: CommitStatus['state'], description: string, targetUrl = url): CommitStatus => ({
    sha: news.headSha,
    state,
    description: oneLine(description, 140),
    ...(targetUrl === undefined ? {} : { targetUrl }),
  });
  const { awaitsApproval } = news;
  // It is the head of the pull request, and what people look at.
  if (awaitsApproval !== undefined && news.phase !== 'closing' && news.phase !== 'closed')
    return { ...status('pending', 'Waits for a member to approve this commit'), sha: awaitsApproval };
  switch (news.phase) {
    case 'waiting':
      return status('pending', `Waits: ${news.because}`);
    case 'building':
      return status('pending', 'The environment is being built');
    case 'updating':
      return status('pending', `Being updated${news.liveSha ? `; ${shortSha(news.liveSha)} still serves` : ''}`);
    case 'live':
      return news.liveSha === undefined || news.liveSha === news.headSha
        ? status('success', news.tookMs === undefined ? 'Live' : `Live, took ${durationText(news.tookMs)}`)
        : status('pending', `${shortSha(news.liveSha)} serves`);
    case 'failed':
      return status(
        failedState(news),
        news.failure ? `Failed in ${news.failure.step}: ${news.failure.message}` : news.because,
      );
    case 'asleep':
      return status('success', 'Asleep; a push wakes it');
    case 'closing':
      return undefined;
    case 'closed':
      return before === 'pending'
        ? withoutUrl(status('error', 'The environment was taken away before it was live'))
        : undefined;
  }
}

/** `error` is trouble on our side, `failure` the commit's own. */
const failedState = (news: News): 'failure' | 'error' =>
  news.failure?.remedy === undefined || news.failure.remedy === 'change-input' ? 'failure' : 'error';

const withoutUrl = ({ sha, state, description }: CommitStatus): CommitStatus => ({ sha, state, description });
