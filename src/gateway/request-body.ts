import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** A visitor's body on its way up. */
export interface RequestBody {
  readonly stream: Readable;
  /** True once any of it may have been taken: then the request cannot be sent a second time. */
  wasTouched(): boolean;
}

/**
 * The body as a stream of its own. Whoever reads it may destroy it without closing the visitor's connection, over which the
 * answer still has to go (an application that refuses an upload answers before it has read it).
 */
export function requestBody(request: IncomingMessage): RequestBody {
  let touched = false;
  const take = (chunk: Buffer): void => {
    if (!stream.push(chunk)) request.pause();
  };
  const end = (): void => {
    stream.push(null);
  };
  const breakOff = (): void => {
    if (!request.complete) stream.destroy(new Error('the visitor left in the middle of the upload'));
  };
  const stream = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      if (!touched) {
        touched = true;
        request.on('data', take).on('end', end).on('close', breakOff);
      }
      request.resume();
    },
    destroy(error, done) {
      request.off('data', take).off('end', end).off('close', breakOff);
      // What is left is read away, else the next request on this connection would wait behind it for ever.
      if (touched) request.resume();
      done(error);
    },
  });
  // Whoever sends it is told by other means; without a listener Node would end the whole server.
  stream.on('error', () => undefined);
  return { stream, wasTouched: () => touched };
}
