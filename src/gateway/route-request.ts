import type { HostEntry, HostTable } from '../ports/gateway.ts';

/** What a request's target and Host header ask for. */
export type Destination =
  | { readonly is: 'found'; readonly host: string; readonly authority: string; readonly entry: HostEntry }
  | { readonly is: 'refused'; readonly status: 400 | 404; readonly message: string };

/**
 * Decides by exact lookup and nothing else: no parsing of names, no guess, no fallback. `rawHeaders` alternates names and values,
 * so that a doubled Host is seen.
 */
export function routeRequest(url: string, rawHeaders: readonly string[], hosts: HostTable): Destination {
  if (!url.startsWith('/')) return refused(400, 'This server takes plain paths only.');
  let authority: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (authority !== undefined) return refused(400, 'The request names two hosts.');
    authority = rawHeaders[index + 1] ?? '';
  }
  const host = authority === undefined ? undefined : hostOf(authority);
  if (host === undefined || authority === undefined) return refused(400, 'The request names no valid host.');
  const entry = hosts.find(host);
  if (!entry) return refused(404, 'Nothing is served under this name. It may have been taken away.');
  return { is: 'found', host, authority, entry };
}

/** `App-Shop-7.Localhost.:4780` → `app-shop-7.localhost`; `undefined` when it is no host at all. */
export function hostOf(authority: string): string | undefined {
  const match = /^([a-z0-9._-]{1,253}?)\.?(?::\d{1,5})?$/i.exec(authority);
  return match?.[1]?.toLowerCase() ?? (/^\[[0-9a-f:.]+\](?::\d{1,5})?$/i.test(authority) ? authority : undefined);
}

const refused = (status: 400 | 404, message: string): Destination => ({ is: 'refused', status, message });
