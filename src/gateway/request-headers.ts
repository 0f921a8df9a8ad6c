import { isHopHeader, namedInConnection } from './hop-headers.ts';

export interface Visitor {
  /** The address that the connection came from. */
  readonly address: string;
  /** The Host header as it was sent. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
}

export interface UpstreamHeaders {
  /** Names and values in turn. */
  readonly headers: string[];
  readonly hasBody: boolean;
}

/**
 * What the application is told of a request: everything end-to-end, nothing of the visitor's claims about who he is. What we say
 * about him, we say last and alone.
 */
export function requestHeaders(rawHeaders: readonly string[], visitor: Visitor): UpstreamHeaders {
  const headers: string[] = [];
  const named = connectionNames(rawHeaders);
  let hasBody = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding' || (lower === 'content-length' && value !== '0')) hasBody = true;
    if (isHopHeader(lower) || isClaim(lower) || named?.has(lower)) continue;
    headers.push(name, value);
  }
  headers.push('X-Forwarded-For', visitor.address);
  headers.push('X-Forwarded-Host', visitor.authority);
  headers.push('X-Forwarded-Proto', visitor.scheme);
  return { headers, hasBody };
}

function connectionNames(rawHeaders: readonly string[]): Set<string> | undefined {
  let all: Set<string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== 10 || name.toLowerCase() !== 'connection') continue;
    const names = namedInConnection(rawHeaders[index + 1] ?? '');
    if (names) all = all ? all.union(names) : names;
  }
  return all;
}

/** What proxies and networks in front of servers call the address of a visitor, where the name does not end in `-ip`. */
const addressNames = new Set([
  'forwarded',
  'forwarded-for',
  'x-forwarded',
  'x-original-forwarded-for',
  'x-azure-clientip',
  'x-azure-socketip',
  'cf-connecting-ipv6',
  'cf-pseudo-ipv4',
  'remote-addr',
  'x-remote-addr',
  'x-envoy-external-address',
  'cloudfront-viewer-address',
]);

/** Who the visitor says he is, also with `_` for `-` (some application servers read both alike). We answer Expect ourselves. */
function isClaim(lower: string): boolean {
  const name = lower.includes('_') ? lower.replaceAll('_', '-') : lower;
  return (
    name.startsWith('x-forwarded-') ||
    name.startsWith('x-wizard-') ||
    name.endsWith('-ip') ||
    name === 'expect' ||
    addressNames.has(name)
  );
}
