import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { noIndex } from './response-headers.ts';

/** An answer of the gateway's own, never stored and never indexed. */
export interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/html' | 'text/plain';
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function answer(response: ServerResponse, { status, type, body, headers }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, headersOf({ status, type, body, ...(headers ? { headers } : {}) }));
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** The same on a connection that asked to be upgraded; it is closed afterwards. */
export function answerOnSocket(socket: Duplex, about: Answer): void {
  const lines = Object.entries(headersOf(about)).map(([name, value]) => `${name}: ${value}\r\n`);
  const first = `HTTP/1.1 ${about.status} ${STATUS_CODES[about.status] ?? ''}\r\n`;
  socket.end(`${first}${lines.join('')}Connection: close\r\n\r\n${about.body}`);
}

const headersOf = ({ type, body, headers }: Answer): Record<string, string> => ({
  'Content-Type': `${type}; charset=utf-8`,
  'Content-Length': String(Buffer.byteLength(body)),
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  [noIndex[0]]: noIndex[1],
  ...headers,
});

/** A refusal for programs; `refusalPage` is the same for people. */
export const refusal = (status: number, message: string): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify({ error: message })}\n`,
});

/** `message` is ours and holds nothing from outside. */
export const refusalPage = (status: number, message: string): Answer => ({
  status,
  type: 'text/html',
  body: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${status}</title><style>body{font:1.1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem;color-scheme:light dark}
html{color-scheme:light dark}</style><h1>${status}</h1><p>${message}</p></html>
`,
  headers: { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" },
});
