import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { detail, environmentList, phases, stepList, timeline } from '../contract.ts';
import { detailOf, stepOf, summaryOf, timelineEntryOf } from '../replies.ts';
import { resolveEnvironment } from '../resolve-environment.ts';
import type { Inside } from './inside.ts';
import { environmentFailures, environmentParams, failures, json, security, wholeNumber } from './route-parts.ts';

const list = createRoute({
  method: 'get',
  path: '/api/v1/environments',
  summary: 'List environments',
  description: 'Newest first.',
  security,
  request: {
    query: z.object({
      repository: z.string().optional().openapi({ description: '`owner/name`; only those of this repository.' }),
      phase: z.enum(phases).optional(),
      closed: z.enum(['true', 'false']).optional().openapi({ description: '`false`: without those that are closed.' }),
    }),
  },
  responses: { 200: json(environmentList, 'The environments.'), ...failures },
});

const show = createRoute({
  method: 'get',
  path: '/api/v1/environments/{id}',
  summary: 'Show one environment with its steps',
  security,
  request: { params: environmentParams },
  responses: { 200: json(detail, 'The environment.'), ...environmentFailures },
});

const steps = createRoute({
  method: 'get',
  path: '/api/v1/environments/{id}/steps',
  summary: 'List the steps of an environment',
  security,
  request: { params: environmentParams },
  responses: { 200: json(stepList, 'What there is, and what is still to come or to go.'), ...environmentFailures },
});

const history = createRoute({
  method: 'get',
  path: '/api/v1/environments/{id}/timeline',
  summary: 'What happened to an environment',
  description: 'Oldest first.',
  security,
  request: {
    params: environmentParams,
    query: z.object({
      after: wholeNumber({ description: 'Only entries after this id.', otherwise: 0 }),
      limit: wholeNumber({ description: 'At most so many.', most: 1000, otherwise: 200 }),
    }),
  },
  responses: { 200: json(timeline, 'A page of the timeline.'), ...environmentFailures },
});

export function addEnvironmentRoutes(app: OpenAPIHono, { parts, clean }: Inside): void {
  const { views } = parts;
  app.openapi(list, async (context) => {
    const { repository, phase, closed } = context.req.valid('query');
    const found = (await views.list())
      .filter(({ environment }) => phase === undefined || environment.phase === phase)
      .filter(({ environment }) => closed !== 'false' || environment.phase !== 'closed')
      .filter(
        ({ environment: { repository: its } }) =>
          repository === undefined || its.name.toLowerCase() === repository.toLowerCase(),
      )
      .sort((a, b) => b.environment.createdAt - a.environment.createdAt);
    return context.json(clean({ environments: found.map(summaryOf) }), 200);
  });
  app.openapi(show, async (context) => {
    const view = await resolveEnvironment(views, context.req.valid('param').id);
    return context.json(clean(detailOf(view)), 200);
  });
  app.openapi(steps, async (context) => {
    const view = await resolveEnvironment(views, context.req.valid('param').id);
    return context.json(clean({ steps: view.steps.map(stepOf) }), 200);
  });
  app.openapi(history, async (context) => {
    const { after = 0, limit = 200 } = context.req.valid('query');
    const view = await resolveEnvironment(views, context.req.valid('param').id);
    const entries = (await views.timeline(view.environment.id, after, limit)).map(timelineEntryOf);
    return context.json(clean({ entries, next: entries.at(-1)?.id ?? after }), 200);
  });
}
