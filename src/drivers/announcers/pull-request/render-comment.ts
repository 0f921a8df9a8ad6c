import type { MigrationsText } from '../../../domain/migrations.ts';
import type { News } from '../../../domain/news.ts';
import { type NewsText, newsText } from '../../../domain/news-text.ts';
import { cutText } from '../../../domain/plain-text.ts';
import { redactedNews } from '../../../kit/redacted-news.ts';
import { bareLink, codeFence, codeSpan, markdown } from './markdown.ts';

/** GitHub refuses longer ones, on edit as on create. */
export const commentLimit = 65_536;

/** Rows of the table of addresses; the rest is counted. */
const shownLinks = 50;

/** First in our comments and seen by nobody. A quotation of it does not begin a comment, so it does not count. */
export const markerOf = (instance: string, environment: string): string =>
  `<!-- shining-wizard:${encodeURIComponent(instance)}:${encodeURIComponent(environment)} -->`;

/** The whole comment. Title and author are not repeated: they stand above it. */
export function renderComment(news: News, marker: string): string {
  const text = newsText(redactedNews(news));
  const parts = [
    marker,
    `### ${text.sign} This pull request ${markdown(text.state, 100)}`,
    ...text.details.map((line) => markdown(line, 300)),
    ...addresses(text),
    ...failure(text),
    ...text.migrations.flatMap(migrations),
  ];
  return cutText(parts.join('\n\n'), commentLimit);
}

function addresses(text: NewsText): string[] {
  const rows = text.links.slice(0, shownLinks).map(({ name, url }) => `| ${markdown(name, 63)} | ${bareLink(url)} |`);
  const more = text.links.length - shownLinks;
  return [
    ...(rows.length === 0 ? [] : [['| Endpoint | Address |', '|---|---|', ...rows].join('\n')]),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(text.address === undefined ? [] : [`Server address ${codeSpan(text.address, 60)}`]),
  ];
}

function migrations({ heading, changes, slow }: MigrationsText): string[] {
  const rows = slow.map(({ took, sql }) => `| ${markdown(took, 60)} | ${codeSpan(sql, 300)} |`);
  const table = ['| Took | Statement |', '|---|---|', ...rows].join('\n');
  return [
    [`**${markdown(heading, 100)}**`, '', ...changes.map((line) => `- ${markdown(line, 300)}`)].join('\n'),
    ...(rows.length === 0 ? [] : [`<details><summary>What took long</summary>\n\n${table}\n\n</details>`]),
  ];
}

function failure(text: NewsText): string[] {
  if (!text.failure) return [];
  const { message, hint, lastLines } = text.failure;
  return [
    `> ${markdown(message, 300)}`,
    ...(hint === undefined ? [] : [`**What to do:** ${markdown(hint, 300)}`]),
    ...(lastLines.length === 0
      ? []
      : [`<details open><summary>Its last lines</summary>\n\n${codeFence(lastLines)}\n\n</details>`]),
  ];
}
