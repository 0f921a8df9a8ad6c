import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { Secret } from '../kit/secret.ts';
import type { FailureReply } from './contract.ts';

const openPaths = ['/healthz'];

/** Lets nobody by without the token, not even to learn which paths there are. Compared in constant time. */
export function requireToken(token: Secret): MiddlewareHandler {
  const expected = digest(token.reveal());
  return async (context, next) => {
    if (openPaths.includes(context.req.path)) return await next();
    const given = /^Bearer +(\S+) *$/i.exec(context.req.header('authorization') ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return await next();
    context.header('WWW-Authenticate', 'Bearer realm="Shining Wizard"');
    return context.json(given === undefined ? missing : wrong, 401);
  };
}

/** Of equal length whatever was sent, so the comparison tells nothing about it. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const hint =
  'Send the header "Authorization: Bearer TOKEN". The token is `api-token` of wizard.yml; the server also writes it into api.json in its data directory.';

const missing: FailureReply = {
  error: { code: 'request/no-token', message: 'asking the API: no token was sent', hint },
};

const wrong: FailureReply = {
  error: { code: 'request/wrong-token', message: 'asking the API: the token is not the one of this server', hint },
};
