/** Headers that speak of one connection only, and never go further. */
const hopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

export const isHopHeader = (lowerName: string): boolean => hopHeaders.has(lowerName);

/** The names that a Connection header declares to be of this connection too; `undefined` when it says nothing special. */
export function namedInConnection(value: string): Set<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return undefined;
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  // A message is framed and addressed by these: no one may talk us into dropping them.
  return new Set(names.filter((name) => name !== 'host' && name !== 'content-length'));
}
