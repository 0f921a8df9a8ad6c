import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';

/** One request with its answer, redirects included, may take this long; more and a dead connection holds up the loop. */
const requestLimitMs = 30_000;
/** A hundred pull requests are 3 MB; something that sends more than this is not the API. */
const largestAnswer = 32 * 1024 * 1024;
const mostRedirects = 3;

/**
 * A `fetch` for Octokit: within a time limit, answers read whole (a cut connection is an error, never half an answer), redirects
 * followed only on the same origin (a renamed repository), so that no token and no request goes anywhere else.
 */
export function githubFetch(about: { readonly clock: Clock; readonly log: Log }): typeof fetch {
  return async (input, init) => {
    const limit = new AbortController();
    const cancel = about.clock.after(requestLimitMs, () => limit.abort(new Error('no answer within 30 seconds')));
    const signal = init?.signal ? AbortSignal.any([init.signal, limit.signal]) : limit.signal;
    const startedAt = about.clock.monotonic();
    try {
      const answer = await followed(new URL(String(input)), { ...init, signal });
      const bytes = await whole(answer);
      about.log.debug('github.request', {
        method: init?.method ?? 'GET',
        path: new URL(String(input)).pathname,
        status: answer.status,
        tookMs: Math.round(about.clock.monotonic() - startedAt),
        remaining: answer.headers.get('x-ratelimit-remaining') ?? undefined,
      });
      return new Response(bytes, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
    } finally {
      cancel();
    }
  };
}

async function followed(url: URL, init: RequestInit, times = 0): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (![301, 302, 307, 308].includes(answer.status) || location === null) return answer;
  const next = new URL(location, url);
  const keepsMethod = answer.status >= 307 || init.method === undefined || init.method === 'GET';
  if (next.origin !== url.origin || !keepsMethod || times >= mostRedirects) return answer;
  await answer.body?.cancel();
  return followed(next, init, times + 1);
}

/** `null` for the statuses that have no body, which `Response` insists on. */
async function whole(answer: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!answer.body || answer.status === 204 || answer.status === 304) return null;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer.body) {
    size += piece.byteLength;
    if (size > largestAnswer) throw new Error(`the answer is larger than ${largestAnswer} bytes`);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
