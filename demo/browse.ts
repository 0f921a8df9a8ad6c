import { request } from 'node:http';

export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface BrowseAbout {
  readonly port: number;
  /** Missing: loopback, whatever the name resolves to: not every system knows `*.localhost`. */
  readonly address?: string;
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** One request as a browser would send it. */
export function browse(about: BrowseAbout): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: about.port === 80 ? about.host : `${about.host}:${about.port}`,
      accept: 'text/html',
      ...about.headers,
    };
    const { port, address = '127.0.0.1', path = '/', method = 'GET' } = about;
    const sent = request({ host: address, port, path, method, headers, timeout: 15_000 }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 15 s')));
    sent.on('error', reject);
    sent.end(about.body);
  });
}

/** Each look takes time from what it waits for: so they come at once at first, and then more seldom. */
const pausesMs = { least: 10, most: 60 };

/** Looks again and again, some milliseconds apart, until `good` answers something; throws with `what` after the limit. */
export async function until<Answer>(
  what: string,
  limitMs: number,
  good: () => Promise<Answer | undefined>,
): Promise<Answer> {
  const end = performance.now() + limitMs;
  for (let pauseMs = pausesMs.least; ; pauseMs = Math.min(pauseMs * 1.25, pausesMs.most)) {
    const answer = await good();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${Math.round(limitMs / 1000)} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
