import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { EnvironmentId } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { EnvironmentView } from '../../ports/requests.ts';
import { approveRequest, detail, pinRequest } from '../contract.ts';
import { detailOf } from '../replies.ts';
import { resolveEnvironment } from '../resolve-environment.ts';
import { byHeader, whoAsks } from '../who-asks.ts';
import type { Inside } from './inside.ts';
import { environmentFailures, environmentParams, json, security } from './route-parts.ts';

const responses = {
  202: json(detail, 'Noted. It is done when `observed` has reached the `requested` of this answer.'),
  ...environmentFailures,
};

const route = <Path extends string>(path: Path, summary: string, description: string) =>
  createRoute({
    method: 'post',
    path: `/api/v1/environments/{id}/${path}`,
    summary,
    description,
    security,
    request: { params: environmentParams, headers: byHeader },
    responses,
  });

const redeploy = route(
  'redeploy',
  'Build and start the commit anew',
  'Beside the old. Also ends a failure and a `destroy`.',
);
const resetData = route('reset-data', 'Give it a fresh copy of the data', 'What was written to the old copy is lost.');
const destroy = route('destroy', 'Take it away', 'Until a `redeploy`, although its pull request is open.');
const sleep = route('sleep', 'Stop what runs', 'Its data and its machine are kept, until `wake` or a push.');
const wake = route('wake', 'Bring it back from sleep', 'Ends a `sleep`.');
const unpin = route('unpin', 'Let it follow its pull request again', 'Ends a `pin`.');

const pin = createRoute({
  ...route('pin', 'Keep it at a commit', 'Whatever is pushed, until `unpin` or the pull request is closed.'),
  path: '/api/v1/environments/{id}/pin',
  request: {
    params: environmentParams,
    headers: byHeader,
    body: { required: false, content: { 'application/json': { schema: pinRequest } } },
  },
});

const approve = createRoute({
  ...route('approve', 'Let a commit of a fork be built', 'That commit only; a later push needs a new approval.'),
  path: '/api/v1/environments/{id}/approve',
  request: {
    params: environmentParams,
    headers: byHeader,
    body: { required: true, content: { 'application/json': { schema: approveRequest } } },
  },
});

type Act = (id: EnvironmentId, by: string, view: EnvironmentView) => Promise<void>;

export function addRequestRoutes(app: OpenAPIHono, { parts, clean }: Inside): void {
  const { requests, views, log } = parts;
  const ask = async (context: Context, asked: string, what: string, act: Act) => {
    const view = await resolveEnvironment(views, asked);
    const { environment } = view;
    const who = whoAsks(context);
    await act(environment.id, who, view);
    log.info('api.asked', { what, environment: environment.id, by: who });
    return clean(detailOf(await resolveEnvironment(views, environment.id)));
  };
  app.openapi(redeploy, async (context) =>
    context.json(
      await ask(context, context.req.valid('param').id, 'redeploy', (id, who) => requests.redeploy(id, who)),
      202,
    ),
  );
  app.openapi(resetData, async (context) =>
    context.json(
      await ask(context, context.req.valid('param').id, 'reset-data', (id, who) => requests.resetData(id, who)),
      202,
    ),
  );
  app.openapi(sleep, async (context) =>
    context.json(await ask(context, context.req.valid('param').id, 'sleep', (id, who) => requests.sleep(id, who)), 202),
  );
  app.openapi(wake, async (context) =>
    context.json(await ask(context, context.req.valid('param').id, 'wake', (id, who) => requests.wake(id, who)), 202),
  );
  app.openapi(destroy, async (context) =>
    context.json(
      await ask(context, context.req.valid('param').id, 'destroy', (id, who) => requests.destroy(id, who)),
      202,
    ),
  );
  app.openapi(pin, async (context) => {
    const { sha } = context.req.valid('json');
    const { id } = context.req.valid('param');
    return context.json(
      await ask(context, id, 'pin', (found, who, view) => requests.pin(found, sha ?? liveSha(view), who)),
      202,
    );
  });
  app.openapi(unpin, async (context) =>
    context.json(
      await ask(context, context.req.valid('param').id, 'unpin', (id, who) => requests.pin(id, undefined, who)),
      202,
    ),
  );
  app.openapi(approve, async (context) => {
    const { sha } = context.req.valid('json');
    const { id } = context.req.valid('param');
    return context.json(await ask(context, id, 'approve', (found, who) => requests.approve(found, sha, who)), 202);
  });
}

function liveSha({ environment }: EnvironmentView): string {
  if (environment.liveSha !== undefined) return environment.liveSha;
  throw new WizardError(`pinning ${environment.id}: nothing is live, so it is not clear which commit is meant`, {
    code: 'request/nothing-live',
    remedy: 'change-input',
    hint: 'Say the commit to keep it at.',
  });
}
