import { WizardError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';

/** One event of a stream. Without `data` it is a comment that keeps the connection from falling asleep. */
export interface StreamEvent {
  readonly event: string;
  readonly data?: unknown;
  /** What the client sends back as `Last-Event-ID`. */
  readonly id?: string;
}

export interface EventStreamOptions {
  readonly log: Log;
  /** Takes known secrets out. */
  readonly clean: <Data>(data: Data) => Data;
  /** Ends every stream. */
  readonly signal: AbortSignal | undefined;
}

/** Above this many, a forgotten browser tab or a loop in a script would slow down everyone. */
const mostStreams = 500;

/** Opens event streams (SSE). The source is asked for the next event only when the client has taken the last, so a slow one costs nothing. */
export function createEventStreams(options: EventStreamOptions) {
  let open = 0;
  return (source: (ends: AbortSignal) => AsyncGenerator<StreamEvent>): Response => {
    if (open >= mostStreams) throw tooMany();
    open++;
    const client = new AbortController();
    const ends = options.signal ? AbortSignal.any([client.signal, options.signal]) : client.signal;
    const events = source(ends);
    let counted = true;
    const close = (): void => {
      if (counted) open--;
      counted = false;
      client.abort();
    };
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const next = await taken(events, options.log);
          if (next !== undefined) return controller.enqueue(encoder.encode(written(options.clean(next))));
          close();
          controller.close();
        },
        async cancel() {
          close();
          await events.return(undefined);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers });
  };
}

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Some proxies keep text back until they have a page of it.
  'X-Accel-Buffering': 'no',
};

/** The next event, or `undefined` at the end. A client that was told of a failure connects again by itself. */
async function taken(events: AsyncGenerator<StreamEvent>, log: Log): Promise<StreamEvent | undefined> {
  try {
    const { done, value } = await events.next();
    return done ? undefined : value;
  } catch (error) {
    log.error('api.stream-failed', { error });
    return undefined;
  }
}

/** JSON holds no line break, so an event cannot be forged from within its data. */
function written({ event, data, id }: StreamEvent): string {
  if (data === undefined) return `: ${event}\n\n`;
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

const tooMany = (): WizardError =>
  new WizardError(`opening an event stream: ${mostStreams} are open`, {
    code: 'request/too-many-streams',
    remedy: 'try-again',
    hint: 'Close tabs or scripts that follow environments, then try again.',
    afterMs: 10_000,
  });
