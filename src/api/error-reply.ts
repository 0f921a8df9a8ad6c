import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { afterMsOf, codeOf, describeError, hintOf, remedyOf } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { FailureReply } from './contract.ts';
import { UnresolvedEnvironment } from './resolve-environment.ts';

export interface ErrorParts {
  readonly log: Log;
  /** Takes known secrets out: a message may quote what it was given. */
  readonly clean: <Reply>(reply: Reply) => Reply;
}

/** Any error as the answer of the API. What nobody foresaw says nothing of itself to the caller; the log has it whole. */
export function errorReply(error: unknown, context: Context, { log, clean }: ErrorParts): Response {
  if (error instanceof HTTPException && error.status < 500) {
    return context.json(
      reply('request/invalid', `reading the request: ${error.message || 'it is not valid'}`),
      error.status,
    );
  }
  const code = codeOf(error);
  const status = statusOf(error, code);
  if (status >= 500) log.error('api.failed', { method: context.req.method, path: context.req.path, error });
  if (code === 'unexpected/error') {
    const message = `${context.req.method} ${context.req.path}: something unforeseen went wrong in the server`;
    return context.json(
      reply(code, message, 'The server wrote the details to its log. Trying again may help.'),
      status,
    );
  }
  if (status === 503) context.header('Retry-After', String(Math.ceil((afterMsOf(error) ?? 2000) / 1000)));
  const body = clean(reply(code, describeError(error), hintOf(error)));
  if (!(error instanceof UnresolvedEnvironment)) return context.json(body, status);
  return context.json({ error: { ...body.error, nearest: [...error.candidates] } }, status);
}

export const reply = (code: string, message: string, hint?: string): FailureReply => ({
  error: { code, message, ...(hint === undefined ? {} : { hint }) },
});

/** By code first, then by remedy: who can do something about it. */
function statusOf(error: unknown, code: string): ContentfulStatusCode {
  if (code.startsWith('request/unknown-')) return 404;
  if (code.startsWith('request/ambiguous-')) return 409;
  if (code === 'request/invalid') return 400;
  if (code === 'unexpected/error') return 500;
  const byRemedy = { 'try-again': 503, 'change-input': 422, 'fix-setup': 503, 'report-bug': 500 } as const;
  return byRemedy[remedyOf(error)];
}
