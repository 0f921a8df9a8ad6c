import { cutText, plainText } from '../../../domain/plain-text.ts';

/** Slack's documented limits, in characters. Longer and the whole message is refused. */
export const slackLimits = {
  text: 40_000,
  section: 3000,
  plainTextElement: 2000,
  blocks: 50,
  contextElements: 10,
} as const;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** A space of no width: breaks what Slack would read as an order, and looks the same. */
const nothing = '\u200b';

/**
 * Hostile text that can be put anywhere in mrkdwn: no mention, link or channel can come of it, since those all begin with `<`,
 * and a bare `@here` is broken too. At most `limit` characters after escaping; never half an escape.
 */
export function mrkdwn(text: string, limit: number): string {
  return escapeUpTo(plainText(text).replaceAll('@', `@${nothing}`), limit);
}

/** Lines as a code block that they cannot end themselves. The oldest lines go first when it would be too long. */
export function codeBlock(lines: readonly string[], limit: number): string {
  const room = limit - '```\n\n```'.length;
  const kept: string[] = [];
  let length = 0;
  for (const line of [...lines].reverse()) {
    const safe = escapeUpTo(plainText(line).replaceAll('`', `\`${nothing}`), Math.min(room, 1000));
    if (length + safe.length + 1 > room) break;
    length += safe.length + 1;
    kept.unshift(safe);
  }
  return kept.length === 0 ? '' : `\`\`\`\n${kept.join('\n')}\n\`\`\``;
}

/** `<url|label>`, or only the label where the URL is not one for a browser. */
export function link(url: string, label: string): string {
  const shown = mrkdwn(label, 200).replaceAll('|', '¦');
  const parsed = URL.parse(url);
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') || parsed.href.length > 1000)
    return shown;
  const safe = parsed.href
    .replaceAll('&', '&amp;')
    .replaceAll('<', '%3C')
    .replaceAll('>', '%3E')
    .replaceAll('|', '%7C');
  return `<${safe}|${shown}>`;
}

/** Hostile text for a `plain_text` object: nothing is read in it, so only its length counts. */
export const plain = (text: string, limit: number = slackLimits.plainTextElement): string => cutText(text, limit);

function escapeUpTo(text: string, limit: number): string {
  let out = '';
  for (const character of text) {
    const escaped = escapes[character] ?? character;
    if (out.length + escaped.length > limit - 1) return `${out}…`;
    out += escaped;
  }
  return out;
}
