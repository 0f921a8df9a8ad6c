import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { ApiParts } from '../api-parts.ts';
import { health } from '../contract.ts';
import { failures, json, security } from './route-parts.ts';

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the server answers',
  description: 'Needs no token.',
  responses: { 200: json(health, 'It does.') },
});

const openApi = createRoute({
  method: 'get',
  path: '/api/v1/openapi.json',
  summary: 'This description, as OpenAPI 3.1',
  security,
  responses: { 200: json(z.object({ openapi: z.string() }).loose(), 'The description.'), ...failures },
});

export function addMetaRoutes(app: OpenAPIHono, { version, disk }: Pick<ApiParts, 'version' | 'disk'>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: '`api-token` of wizard.yml.',
  });
  app.openapi(healthz, (context) =>
    context.json({ status: 'ok' as const, version, ...(disk ? { disk: disk() } : {}) }, 200),
  );
  app.openapi(openApi, (context) =>
    context.json(
      { ...apiDescription(app, version), openapi: '3.1.0' } as Record<string, unknown> & { openapi: string },
      200,
    ),
  );
}

export const apiDescription = (app: OpenAPIHono, version: string) =>
  app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Shining Wizard',
      version,
      description: 'A live environment for every pull request, at exactly its head commit.',
    },
    // Relative: the server does not know by which name it is reached.
    servers: [{ url: '/' }],
  });
