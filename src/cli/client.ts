import type { z } from 'zod';
import { failureReply } from '../api/contract.ts';
import { type ReadEvent, readEvents } from '../api/read-events.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { Server } from './find-server.ts';
import type { Terminal } from './terminal.ts';

/** The API as commands use it. Each call throws a `WizardError` that a person can read. */
export interface Client {
  get<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.infer<Schema>>;
  post<Schema extends z.ZodType>(schema: Schema, path: string, body?: object): Promise<z.infer<Schema>>;
  delete<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.infer<Schema>>;
  text(path: string): Promise<string>;
  /** Ends where the connection ends, and throws when `signal` aborts. */
  events(path: string, lastEventId: string, signal: AbortSignal): Promise<AsyncGenerator<ReadEvent>>;
}

/** Long enough for a busy server, short enough for a person. */
const answerLimitMs = 30_000;

export function createClient(server: Server, terminal: Terminal, by: string): Client {
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = {
      authorization: `Bearer ${server.token.reveal()}`,
      'wizard-by': encodeURIComponent(by),
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(init.headers as Record<string, string> | undefined),
    };
    const signal = AbortSignal.any([terminal.signal, init.signal ?? AbortSignal.timeout(answerLimitMs)]);
    const response = await fetch(new URL(path, server.url), { ...init, headers, signal, redirect: 'manual' }).catch(
      (error: unknown) => {
        throw cannotReach(server.url, terminal.signal, error);
      },
    );
    if (!response.ok) throw await refusal(response, server.url);
    return response;
  };
  const read = async <Schema extends z.ZodType>(schema: Schema, response: Response): Promise<z.infer<Schema>> => {
    const body: unknown = await response.json().catch((error: unknown) => {
      throw cannotReach(server.url, terminal.signal, error);
    });
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw notOurs(server.url, parsed.error);
  };
  return {
    get: async (schema, path) => read(schema, await send(path, {})),
    post: async (schema, path, body) =>
      read(schema, await send(path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })),
    delete: async (schema, path) => read(schema, await send(path, { method: 'DELETE' })),
    text: async (path) => (await send(path, {})).text(),
    async events(path, lastEventId, signal) {
      const { body } = await send(path, { headers: { 'last-event-id': lastEventId }, signal });
      if (!body) throw notOurs(server.url, undefined);
      return readEvents(body);
    },
  };
}

/** What the server said, in its own words. */
async function refusal(response: Response, url: string): Promise<WizardError> {
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = failureReply.safeParse(body);
  if (!parsed.success) return notOurs(url, parsed.error, `answered with HTTP status ${response.status}`);
  const { code, message, hint } = parsed.data.error;
  return new WizardError(message, { code, remedy: 'change-input', ...(hint === undefined ? {} : { hint }) });
}

export function cannotReach(url: string, signal: AbortSignal, cause: unknown): WizardError {
  if (signal.aborted) return interrupted();
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  return new WizardError(`asking the server at ${url}: ${timedOut ? 'no answer in time' : 'it cannot be reached'}`, {
    code: 'cli/cannot-reach',
    remedy: 'try-again',
    hint: 'Is it running (`wizard serve`)? Another address can be given with --server.',
    cause: causeOf(cause),
  });
}

/** fetch hides what happened (`ECONNREFUSED`) one level down. */
const causeOf = (error: unknown): unknown => (error instanceof TypeError && error.cause ? error.cause : error);

export const interrupted = (): WizardError =>
  new WizardError('stopped', { code: 'cli/interrupted', remedy: 'change-input' });

const notOurs = (url: string, cause: unknown, what = 'answered with something else than expected'): WizardError =>
  new WizardError(`asking the server at ${url}: it ${what}`, {
    code: 'cli/cannot-reach',
    remedy: 'fix-setup',
    hint: 'Is this the address of the API of Shining Wizard, and of the same version as this command?',
    ...(cause === undefined ? {} : { cause }),
  });
