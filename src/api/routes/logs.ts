import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { WizardError } from '../../domain/wizard-error.ts';
import type { EnvironmentView, StepView } from '../../ports/requests.ts';
import { logPiece } from '../contract.ts';
import { nearest } from '../nearest.ts';
import { resolveEnvironment, UnresolvedEnvironment } from '../resolve-environment.ts';
import type { Inside } from './inside.ts';
import { environmentFailures, environmentParams, json, security, wholeNumber } from './route-parts.ts';

const log = createRoute({
  method: 'get',
  path: '/api/v1/environments/{id}/steps/{step}/log',
  summary: 'Read the log of a step',
  description: 'Read on from `next`; an empty text means that there is no more yet.',
  security,
  request: {
    params: environmentParams.extend({
      step: z.string().min(1).max(100).openapi({ description: 'Its name (`web`) or its role (`web.3f9a2c1d`).' }),
    }),
    query: z.object({ from: wholeNumber({ description: 'The byte offset to read from.', otherwise: 0 }) }),
  },
  responses: { 200: json(logPiece, 'A piece of the log.'), ...environmentFailures },
});

export function addLogRoute(app: OpenAPIHono, { parts: { views }, clean }: Inside): void {
  app.openapi(log, async (context) => {
    const { id, step: asked } = context.req.valid('param');
    const { from = 0 } = context.req.valid('query');
    const view = await resolveEnvironment(views, id);
    const step = findStep(view, asked);
    const read = await views.readLog(view.environment.id, step.role, from, context.req.raw.signal);
    if (read === undefined) throw noLog(view, step);
    return context.json(clean({ step: step.name, role: step.role, text: read.text, next: read.next }), 200);
  });
}

/** A name may stand for two while a new one is made beside the old: then the newer is meant. */
function findStep(view: EnvironmentView, asked: string): StepView {
  const found = view.steps
    .filter(({ name, role }) => role === asked || name === asked)
    .sort((a, b) => Number(a.state === 'leaving') - Number(b.state === 'leaving') || started(b) - started(a));
  if (found[0]) return found[0];
  const names = [...new Set(view.steps.map(({ name }) => name))];
  const near = nearest(asked, names);
  throw new UnresolvedEnvironment(
    `finding step "${asked}" of ${view.environment.id}: there is none of that name`,
    'request/unknown-step',
    names.length === 0 ? 'It has no steps now.' : `Its steps are ${names.join(', ')}.`,
    near,
  );
}

const started = (step: StepView): number => step.startedAt ?? Number.POSITIVE_INFINITY;

const noLog = (view: EnvironmentView, step: StepView): WizardError =>
  new WizardError(`reading the log of ${step.name} of ${view.environment.id}: this step keeps none`, {
    code: 'request/unknown-log',
    remedy: 'change-input',
    hint: 'Steps that run a command or a process keep one.',
  });
