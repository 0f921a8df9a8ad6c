import { isHopHeader, namedInConnection } from './hop-headers.ts';

/** Kept out of every search engine, whatever the application says. */
export const noIndex: readonly [string, string] = ['X-Robots-Tag', 'noindex, nofollow'];

/** What we say ourselves or must not be said: an Alt-Svc would lead visitors past this gateway. */
const ours = new Set(['x-robots-tag', 'x-wizard-revision', 'alt-svc']);

/**
 * What the visitor is told of a response: names and values in turn, with the commit that answered. `host` is the one that was
 * asked for: a cookie may not be set for more than it.
 */
export function responseHeaders(raw: readonly string[], host: string, revision: string | undefined): string[] {
  const headers: string[] = [];
  let named: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'connection') named = namedInConnection(value) ?? named;
    if (isHopHeader(lower) || ours.has(lower)) continue;
    headers.push(name, lower === 'set-cookie' ? narrowCookie(value, host) : value);
  }
  if (revision !== undefined) headers.push('X-Wizard-Revision', revision);
  headers.push(noIndex[0], noIndex[1]);
  return named ? without(headers, named) : headers;
}

/** The cookie without a Domain that reaches further than the host itself: other environments live next door. */
export function narrowCookie(cookie: string, host: string): string {
  if (!/domain/i.test(cookie)) return cookie;
  const [pair = '', ...attributes] = cookie.split(';');
  const kept = attributes.filter((attribute) => {
    const [name = '', value = ''] = attribute.split('=');
    return name.trim().toLowerCase() !== 'domain' || value.trim().replace(/^\./, '').toLowerCase() === host;
  });
  return [pair, ...kept].join(';');
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!names.has(name.toLowerCase())) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}
