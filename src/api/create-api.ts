import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { WizardError } from '../domain/wizard-error.ts';
import { systemClock } from '../kit/clock.ts';
import { redact, redactDeep } from '../kit/redact.ts';
import type { ApiParts } from './api-parts.ts';
import { errorReply, reply } from './error-reply.ts';
import { createEventStreams } from './event-stream.ts';
import { requireToken } from './require-token.ts';
import { addDataRoutes } from './routes/data.ts';
import { addDeliveryRoutes } from './routes/deliveries.ts';
import { addEnvironmentRoutes } from './routes/environments.ts';
import { addEventRoutes } from './routes/events.ts';
import type { Inside } from './routes/inside.ts';
import { addLogRoute } from './routes/logs.ts';
import { addMetaRoutes } from './routes/meta.ts';
import { addRequestRoutes } from './routes/requests.ts';
import { addSavedRoutes } from './routes/saved.ts';

/** No request needs more than a commit in it. */
const largestBody = 64 * 1024;

/** The HTTP API under `/api/v1`, for the CLI and scripts. Everything but `/healthz` needs the token. */
export function createApi(given: ApiParts): OpenAPIHono {
  const parts = { clock: systemClock, redact, ...given };
  const clean: Inside['clean'] = (value) => redactDeep(value, parts.redact);
  const stream = createEventStreams({ log: parts.log, clean, signal: parts.signal });
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.target, result.error.issues);
    },
  });
  app.use(async (context, next) => {
    await next();
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Cache-Control', 'no-store');
    context.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    context.header('Referrer-Policy', 'no-referrer');
  });
  app.use(requireToken(parts.token));
  app.use(
    bodyLimit({
      maxSize: largestBody,
      onError: (context) =>
        context.json(reply('request/too-large', 'reading the request: it is larger than 64 KiB'), 413),
    }),
  );
  app.onError((error, context) => errorReply(error, context, { log: parts.log, clean }));
  app.notFound((context) =>
    context.json(
      reply(
        'request/unknown-path',
        `${context.req.method} ${context.req.path}: the API has no such path`,
        '/api/v1/openapi.json lists all there are.',
      ),
      404,
    ),
  );
  const inside: Inside = { parts, clean, stream };
  addMetaRoutes(app, parts);
  addEnvironmentRoutes(app, inside);
  addLogRoute(app, inside);
  addRequestRoutes(app, inside);
  addDeliveryRoutes(app, inside);
  addDataRoutes(app, inside);
  addSavedRoutes(app, inside);
  addEventRoutes(app, inside);
  return app;
}

function invalid(target: string, issues: readonly { path: PropertyKey[]; message: string }[]): WizardError {
  const all = issues.map(({ path, message }) => `${[target, ...path.map(String)].join('.')}: ${message}`);
  return new WizardError(`reading the request: ${all.join('; ')}`, {
    code: 'request/invalid',
    remedy: 'change-input',
    hint: '/api/v1/openapi.json says what each route takes.',
  });
}
