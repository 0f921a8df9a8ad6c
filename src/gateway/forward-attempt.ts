import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { responseHeaders } from './response-headers.ts';

/** Why an attempt came to nothing before any byte of an answer. */
export interface AttemptFailure {
  readonly error: Error;
  /** False: the application saw nothing of the request. */
  readonly wasSent: boolean;
}

/**
 * One try to have one request answered by an application. Streams the answer as it comes, at the visitor's pace. `failed` is
 * called at most once, and only while nothing was answered yet; later failures break the visitor's connection, so that half an
 * answer is never taken for a whole one.
 */
export class ForwardAttempt implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #host: string;
  readonly #revision: string | undefined;
  readonly #failed: (failure: AttemptFailure) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #abandoned = false;

  constructor(
    response: ServerResponse,
    about: { readonly host: string; readonly revision: string | undefined },
    failed: (failure: AttemptFailure) => void,
  ) {
    this.#response = response;
    this.#host = about.host;
    this.#revision = about.revision;
    this.#failed = failed;
  }

  /** The visitor left: the application should stop working for him. */
  abandon(): void {
    this.#abandoned = true;
    this.#controller?.abort(new Error('the visitor left'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abandoned) controller.abort(new Error('the visitor left'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, message?: string): void {
    if (status < 200) return;
    const headers = responseHeaders(asText(controller.rawHeaders), this.#host, this.#revision);
    if (message) this.#response.writeHead(status, message, headers);
    else this.#response.writeHead(status, headers);
    // With a body in the same packet this costs nothing; without one (an event stream) the headers must not wait for it.
    process.nextTick(flush, this.#response);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk, () => release(chunk))) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#response.end();
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#abandoned) return;
    if (this.#response.headersSent) this.#response.destroy();
    else this.#failed({ error, wasSent: this.#controller !== undefined });
  }
}

function flush(response: ServerResponse): void {
  if (!response.destroyed && !response.writableEnded) response.flushHeaders();
}

/**
 * Gives the memory of a chunk back as soon as it is written, where nothing else lies in it. V8 counts it as its own and would look
 * through its whole heap after each 64 MB of bodies, which took more of the processor than passing them on.
 */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength >= worthReleasing)
    buffer.transfer(0);
}

/** Smaller ones are soon gone by themselves, and may share their memory. */
const worthReleasing = 16 * 1024;

/** undici gives buffers over HTTP/1, as they came: doubled names and spelling are kept. */
function asText(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((part: Buffer | string) => (typeof part === 'string' ? part : part.toString('latin1')));
}
