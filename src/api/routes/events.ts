import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { resolveEnvironment } from '../resolve-environment.ts';
import { watchAll } from '../watch-all.ts';
import { watchEnvironment } from '../watch-environment.ts';
import type { Inside } from './inside.ts';
import { environmentFailures, environmentParams, failures, security, wholeNumber } from './route-parts.ts';

const stream = (description: string) => ({
  description,
  content: { 'text/event-stream': { schema: z.string() } },
});

const all = createRoute({
  method: 'get',
  path: '/api/v1/events',
  summary: 'Follow all environments',
  description:
    'Server-sent events: `environment` (an Environment) for each there is, then `ready`, then `environment` for each that changes and `removed` (`{id}`) for each that is forgotten.',
  security,
  responses: { 200: stream('An endless stream.'), ...failures },
});

const one = createRoute({
  method: 'get',
  path: '/api/v1/environments/{id}/events',
  summary: 'Follow one environment',
  description:
    'Server-sent events: `environment` (an EnvironmentDetail) now and after each change, `timeline` (a TimelineEntry, its id is the event id), `log` (`{step, role, from, text, next}`) for what its working steps write, `removed` (`{id}`) at the end. With `Last-Event-ID` the timeline goes on after that entry.',
  security,
  request: {
    params: environmentParams,
    query: z.object({
      after: wholeNumber({
        description: 'Only timeline entries after this id; `Last-Event-ID` goes before it.',
        otherwise: 0,
      }),
    }),
  },
  responses: { 200: stream('A stream that ends when the environment is forgotten.'), ...environmentFailures },
});

export function addEventRoutes(app: OpenAPIHono, { parts, stream: open }: Inside): void {
  const { views, clock } = parts;
  app.openapi(all, (context) => answer(context, () => open((ends) => watchAll(views, clock, ends))));
  app.openapi(one, async (context) => {
    const view = await resolveEnvironment(views, context.req.valid('param').id);
    const last = context.req.header('last-event-id') ?? '';
    const after = /^[0-9]{1,15}$/.test(last) ? Number(last) : (context.req.valid('query').after ?? 0);
    return answer(context, () => open((ends) => watchEnvironment(view, { views, clock, ends, after })));
  });
}

/** A HEAD request has no body that anyone could end, so nothing is opened for it. */
const answer = (context: Context, open: () => Response): Response =>
  context.req.method === 'HEAD' ? context.body(null, 200) : open();
