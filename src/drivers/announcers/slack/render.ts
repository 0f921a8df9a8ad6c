import type { JsonObject } from '../../../domain/json.ts';
import type { News } from '../../../domain/news.ts';
import { headline, type NewsText, newsText } from '../../../domain/news-text.ts';
import { redactedNews } from '../../../kit/redacted-news.ts';
import { codeBlock, link, mrkdwn, plain, slackLimits } from './mrkdwn.ts';

/** A message as both of Slack's doors take it. `text` is for notifications and screen readers. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly JsonObject[];
}

/** Enough for every endpoint a person would look at; the rest is counted. */
const shownLinks = 20;

/** The message for `news`: within Slack's limits and free of mentions whatever the pull request says. */
export function renderNews(news: News): SlackMessage {
  const text = newsText(redactedNews(news));
  const details = [...text.details.map((line) => mrkdwn(line, 400)), ...linkLines(text), ...addressLine(text)];
  const blocks: JsonObject[] = [
    section(`${text.sign} *${link(news.pullUrl, text.subject)} ${mrkdwn(text.state, 100)}*`),
  ];
  if (text.about !== '')
    blocks.push({ type: 'context', elements: [{ type: 'plain_text', text: plain(text.about), emoji: false }] });
  if (details.length > 0) blocks.push(section(details.join('\n')));
  blocks.push(...failureBlocks(text));
  const said = [`${headline(text)}.`, ...(text.about === '' ? [] : [`${text.about}.`]), ...text.details].join(' ');
  return { text: mrkdwn(`${text.sign} ${said}`, 1000), blocks: blocks.slice(0, slackLimits.blocks) };
}

function linkLines(text: NewsText): string[] {
  const lines = text.links.slice(0, shownLinks).map(({ name, url }) => `• ${link(url, name)}  ${bare(url)}`);
  const more = text.links.length - shownLinks;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}

/** The address to type into a phone, shown beside the link. Long ones are only linked. */
const bare = (url: string): string => (url.length > 100 ? '' : `\`${mrkdwn(url, 110).replaceAll('`', '')}\``);

const addressLine = (text: NewsText): string[] =>
  text.address === undefined ? [] : [`Server address \`${mrkdwn(text.address, 80).replaceAll('`', '')}\``];

function failureBlocks(text: NewsText): JsonObject[] {
  if (!text.failure) return [];
  const { message, hint, lastLines } = text.failure;
  const told = [mrkdwn(message, 1000), ...(hint === undefined ? [] : [`_What to do:_ ${mrkdwn(hint, 1000)}`])];
  const code = codeBlock(lastLines, slackLimits.section);
  return [section(told.join('\n')), ...(code === '' ? [] : [section(code)])];
}

/** `verbatim`: Slack then makes no links of its own out of what it finds in the text. */
const section = (text: string): JsonObject => ({
  type: 'section',
  text: { type: 'mrkdwn', text: text.slice(0, slackLimits.section), verbatim: true },
});
