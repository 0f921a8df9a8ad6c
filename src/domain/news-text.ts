import { durationText } from './duration-text.ts';
import type { Phase, Receipt } from './environment.ts';
import { type MigrationsText, migrationsText } from './migrations.ts';
import type { News } from './news.ts';
import { lastLinesOf, oneLine } from './plain-text.ts';
import { shortSha } from './pull-request.ts';

/**
 * News as sentences for people, before any markup: plain text in which nothing is escaped yet, so each announcer must. All of it
 * is bounded: one line of at most 300 characters each, `lastLines` at most 20 lines and 2,000 characters.
 */
export interface NewsText {
  /** One sign for the phase: `🟢`. */
  readonly sign: string;
  /** `acme/shop #7` */
  readonly subject: string;
  /** What the subject does: `is live`, `failed in build`. `subject` and `state` make the headline. */
  readonly state: string;
  /** `"Add coupons" by alice`; empty when neither is known any more. */
  readonly about: string;
  /** Sentences that say more; may be empty. */
  readonly details: readonly string[];
  readonly links: readonly { readonly name: string; readonly url: string }[];
  /** The machine's own address, where there is one. */
  readonly address?: string;
  /** Empty when nothing was migrated. */
  readonly migrations: readonly MigrationsText[];
  readonly failure?: {
    readonly step: string;
    readonly message: string;
    readonly hint?: string;
    readonly lastLines: readonly string[];
  };
}

const signs: Readonly<Record<Phase, string>> = {
  waiting: '⏸️',
  building: '🔨',
  live: '🟢',
  updating: '🔄',
  failed: '🔴',
  asleep: '💤',
  closing: '🧹',
  closed: '⚪',
};

/** The sentences for `news`. The same news gives the same text. */
export function newsText(news: News): NewsText {
  const ended = news.phase === 'closing' || news.phase === 'closed';
  const failure = news.phase === 'failed' ? failureOf(news) : undefined;
  return {
    sign: signs[news.phase],
    subject: `${oneLine(news.repository.name, 140)} #${news.number}`,
    state: stateOf(news),
    about: aboutOf(news),
    details: [...detailsOf(news), ...(ended ? [] : awaited(news))].map((sentence) => oneLine(sentence, 300)),
    links: ended ? [] : news.urls.map(({ endpoint, url }) => ({ name: oneLine(endpoint, 63), url })),
    ...(news.address === undefined || ended ? {} : { address: oneLine(news.address, 60) }),
    migrations: ended ? [] : (news.migrations ?? []).map(migrationsText),
    ...(failure ? { failure } : {}),
  };
}

/** `acme/shop #7 is live`: the one line for a notification or a log. */
export const headline = (text: NewsText): string => `${text.subject} ${text.state}`;

function aboutOf(news: News): string {
  const title = oneLine(news.title, 200);
  const author = oneLine(news.author, 60);
  return [...(title === '' ? [] : [`"${title}"`]), ...(author === '' ? [] : [`by ${author}`])].join(' ');
}

function stateOf(news: News): string {
  switch (news.phase) {
    case 'waiting':
      return 'was noticed and waits';
    case 'building':
      return 'was noticed and is being built';
    case 'live':
      return 'is live';
    case 'updating':
      return `is being updated to ${shortSha(news.headSha)}`;
    case 'failed':
      return news.failure ? `failed in ${oneLine(news.failure.step, 60)}` : 'failed';
    case 'asleep':
      return 'is asleep';
    case 'closing':
      return 'is being taken away';
    case 'closed':
      return 'is gone';
  }
}

const awaited = ({ awaitsApproval }: News): string[] =>
  awaitsApproval === undefined
    ? []
    : [`Commit ${shortSha(awaitsApproval)} is newer, and is not built before a member approves it.`];

function detailsOf(news: News): string[] {
  const because = news.because === '' ? [] : [sentence(news.because)];
  switch (news.phase) {
    case 'waiting':
      return [...because, `Commit ${shortSha(news.headSha)} is not built before that.`, ...stillServing(news)];
    case 'building':
      return [
        `Building commit ${shortSha(news.headSha)}.${news.urlsShowProgress ? ' The addresses already show how far it is.' : ''}`,
      ];
    case 'live':
      return [liveSentence(news)];
    case 'updating':
      return stillServing(news);
    case 'failed':
      return [
        ...(news.failure ? [] : because),
        `Commit ${shortSha(news.headSha)} could not be made live.`,
        ...stillServing(news),
      ];
    case 'asleep':
    case 'closing':
      return because;
    case 'closed':
      return [news.receipt ? receiptSentence(news.receipt) : sentence(news.because || 'nothing had been made')];
  }
}

function liveSentence(news: News): string {
  const took = news.tookMs === undefined ? '' : `, took ${durationText(news.tookMs)}`;
  return `Commit ${shortSha(news.liveSha ?? news.headSha)} serves${took}.`;
}

const stillServing = (news: News): string[] =>
  news.liveSha === undefined ? [] : [`Commit ${shortSha(news.liveSha)} still serves.`];

/** `12 resources destroyed and seen gone, it lived 3 h 12 min.` */
export function receiptSentence(receipt: Receipt): string {
  const count = receipt.resources.length;
  const lived = `it lived ${durationText(receipt.closedAt - receipt.openedAt)}`;
  if (count === 0) return `Nothing had been made, so nothing is left; ${lived}.`;
  return `${count} ${count === 1 ? 'resource' : 'resources'} destroyed and seen gone, ${lived}.`;
}

function failureOf(news: News): NewsText['failure'] {
  if (!news.failure) return undefined;
  const { step, message, hint, lastLines } = news.failure;
  return {
    step: oneLine(step, 60),
    message: oneLine(message, 300),
    ...(hint === undefined ? {} : { hint: oneLine(hint, 300) }),
    lastLines: lastLinesOf(lastLines),
  };
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
