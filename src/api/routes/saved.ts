import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { SaveView } from '../../ports/saved-states.ts';
import { detail } from '../contract.ts';
import { detailOf } from '../replies.ts';
import { resolveEnvironment } from '../resolve-environment.ts';
import { forgotten, type SavedStateReply, savedState, savedStateList, stateRequest } from '../saved-contract.ts';
import { byHeader, whoAsks } from '../who-asks.ts';
import type { Inside } from './inside.ts';
import { environmentFailures, environmentParams, failures, json, security } from './route-parts.ts';

const params = z.object({ name: z.string().min(1).max(128).openapi({ description: 'As it was saved.' }) });
const asked = { required: true, content: { 'application/json': { schema: stateRequest } } };

const save = createRoute({
  method: 'post',
  path: '/api/v1/environments/{id}/save',
  summary: 'Save the state of a database',
  description: 'It stands still for a moment. The state stays when the environment closes.',
  security,
  request: { params: environmentParams, headers: byHeader, body: asked },
  responses: {
    202: json(savedState, 'Begun; `GET /api/v1/saved-states/{name}` tells how it goes.'),
    ...environmentFailures,
  },
});

const load = createRoute({
  method: 'post',
  path: '/api/v1/environments/{id}/load',
  summary: 'Begin anew with a saved state',
  description: 'A copy of it takes the place of one database, until `reset-data`. What was written to the old is lost.',
  security,
  request: { params: environmentParams, headers: byHeader, body: asked },
  responses: {
    202: json(detail, 'Noted. It is done when `observed` has reached the `requested` of this answer.'),
    ...environmentFailures,
  },
});

const list = createRoute({
  method: 'get',
  path: '/api/v1/saved-states',
  summary: 'List saved states',
  security,
  responses: { 200: json(savedStateList, 'The newest first; above them what is being saved, or failed.'), ...failures },
});

const show = createRoute({
  method: 'get',
  path: '/api/v1/saved-states/{name}',
  summary: 'Show one saved state',
  security,
  request: { params },
  responses: { 200: json(savedState, 'The state.'), ...environmentFailures },
});

const forget = createRoute({
  method: 'delete',
  path: '/api/v1/saved-states/{name}',
  summary: 'Remove a saved state',
  description: 'Refused while an environment that is open began with it.',
  security,
  request: { params, headers: byHeader },
  responses: { 200: json(forgotten, 'It is gone.'), ...environmentFailures },
});

export function addSavedRoutes(app: OpenAPIHono, { parts, clean }: Inside): void {
  const { states, views, log } = parts;
  app.openapi(save, async (context) => {
    const { environment } = await resolveEnvironment(views, context.req.valid('param').id);
    const who = whoAsks(context);
    const view = await states.save(environment.id, context.req.valid('json'), who);
    log.info('api.asked', { what: 'save', environment: environment.id, name: view.name, by: who });
    return context.json(clean(savedOf(view)), 202);
  });
  app.openapi(load, async (context) => {
    const { environment } = await resolveEnvironment(views, context.req.valid('param').id);
    const who = whoAsks(context);
    const what = context.req.valid('json');
    await states.load(environment.id, what, who);
    log.info('api.asked', { what: 'load', environment: environment.id, name: what.name, by: who });
    return context.json(clean(detailOf(await resolveEnvironment(views, environment.id))), 202);
  });
  app.openapi(list, async (context) => context.json(clean({ saved: (await states.list()).map(savedOf) }), 200));
  app.openapi(show, async (context) =>
    context.json(clean(savedOf(await states.find(context.req.valid('param').name))), 200),
  );
  app.openapi(forget, async (context) => {
    const { name } = context.req.valid('param');
    await states.forget(name, whoAsks(context));
    return context.json({ name }, 200);
  });
}

function savedOf(view: SaveView): SavedStateReply {
  if (view.is === 'saved') return { ...view.state, from: { ...view.state.from }, state: 'saved' };
  const { name, from } = view;
  if (view.is === 'saving') return { name, state: 'saving', from: { ...from } };
  const { code, message, hint } = view;
  const failure = { code, message, ...(hint === undefined ? {} : { hint }) };
  return { name, state: 'failed', from: { ...from }, failure };
}
