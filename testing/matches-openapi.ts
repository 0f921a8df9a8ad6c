import assert from 'node:assert/strict';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { apiDescription } from '../src/api/routes/meta.ts';

type Operation = {
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
  parameters?: { in: string; name: string }[];
  security?: unknown[];
  summary?: string;
};

/** Every operation that the API describes. */
export function operationsOf(app: OpenAPIHono): { method: string; path: string; operation: Operation }[] {
  const paths = JSON.parse(JSON.stringify(apiDescription(app, '0').paths ?? {})) as Record<
    string,
    Record<string, Operation>
  >;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** Asks the API in process and holds each answer against what the description says of it: status, type and every field. */
export function createCheckedRequest(app: OpenAPIHono) {
  const document = JSON.parse(JSON.stringify(apiDescription(app, '0'))) as object;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, 'api');
  const seen = new Set<string>();
  const request = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await app.request(path, { method, ...init });
    const found = operationsOf(app).find(
      (entry) => entry.method === method.toLowerCase() && pattern(entry.path).test(path.split('?')[0] ?? ''),
    );
    assert.ok(found, `${method} ${path} is not described`);
    const described = found.operation.responses[response.status];
    assert.ok(described, `${method} ${found.path} answered ${response.status}, which is not described`);
    seen.add(`${method} ${found.path} ${response.status}`);
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    assert.ok(described.content?.[type], `${method} ${found.path} answered ${type}, which is not described`);
    if (type === 'application/json') {
      const at = [
        'paths',
        found.path,
        method.toLowerCase(),
        'responses',
        String(response.status),
        'content',
        type,
        'schema',
      ];
      const validate = ajv.compile({ $ref: `api#/${at.map(pointer).join('/')}` });
      assert.ok(validate(await response.clone().json()), ajv.errorsText(validate.errors));
    }
    return response;
  };
  return { request, seen };
}

const pattern = (path: string): RegExp => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`);
const pointer = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
