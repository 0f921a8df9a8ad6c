import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { WizardError } from '../../domain/wizard-error.ts';
import { deliveryList } from '../contract.ts';
import { deliveryOf } from '../replies.ts';
import { resolveEnvironment } from '../resolve-environment.ts';
import type { Inside } from './inside.ts';
import { environmentFailures, json, security, wholeNumber } from './route-parts.ts';

const list = createRoute({
  method: 'get',
  path: '/api/v1/deliveries',
  summary: 'List webhook deliveries and what each led to',
  description: 'Newest first.',
  security,
  request: {
    query: z.object({
      limit: wholeNumber({ description: 'At most so many.', most: 500, otherwise: 50 }),
      before: wholeNumber({ description: 'Only those before this id.' }),
      environment: z.string().min(1).max(300).optional().openapi({ description: 'Only those about this environment.' }),
    }),
  },
  responses: { 200: json(deliveryList, 'A page of deliveries.'), ...environmentFailures },
});

const body = createRoute({
  method: 'get',
  path: '/api/v1/deliveries/{delivery}/body',
  summary: 'The body of a delivery as it came',
  security,
  request: { params: z.object({ delivery: z.string().regex(/^[0-9]{1,15}$/, 'must be a whole number') }) },
  responses: {
    200: { description: 'The body.', content: { 'text/plain': { schema: z.string() } } },
    ...environmentFailures,
  },
});

export function addDeliveryRoutes(app: OpenAPIHono, { parts, clean }: Inside): void {
  const { deliveries, views, refused } = parts;
  app.openapi(list, async (context) => {
    const { limit = 50, before, environment } = context.req.valid('query');
    const about = environment === undefined ? undefined : (await resolveEnvironment(views, environment)).environment.id;
    const found = await deliveries.list({
      limit,
      ...(before === undefined ? {} : { before }),
      ...(about === undefined ? {} : { environment: about }),
    });
    const last = found.length < limit ? undefined : found.at(-1);
    const page = {
      deliveries: found.map(deliveryOf),
      refused: [...refused()],
      ...(last ? { next: last.id } : {}),
    };
    return context.json(clean(page), 200);
  });
  app.openapi(body, async (context) => {
    const { delivery } = context.req.valid('param');
    const bytes = await deliveries.findBody(Number(delivery));
    if (bytes === undefined) throw unknownDelivery(delivery);
    return context.text(clean(new TextDecoder().decode(bytes)), 200);
  });
}

const unknownDelivery = (id: string): WizardError =>
  new WizardError(`reading delivery ${id}: there is none, or it was too old to be kept`, {
    code: 'request/unknown-delivery',
    remedy: 'change-input',
    hint: '`wizard deliveries` lists those that are kept.',
  });
