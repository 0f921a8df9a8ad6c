import type { OpenAPIHono } from '@hono/zod-openapi';
import { apiDescription } from './routes/meta.ts';

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly description?: string }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

/** The routes for docs/api.md, made from the description that the server gives of itself. */
export function apiReference(app: OpenAPIHono): string {
  const paths = (apiDescription(app, '').paths ?? {}) as Record<string, Record<string, Operation>>;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ title: `${method.toUpperCase()} ${path}`, operation })),
  );
  return routes.map(({ title, operation }) => section(title, operation)).join('\n');
}

function section(title: string, { summary = '', description, parameters = [], responses }: Operation): string {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  return [
    `### \`${title}\`\n`,
    `${[summary, description ?? '']
      .filter((text) => text !== '')
      .map(sentence)
      .join(' ')}\n`,
    ...query.map(({ name, description: meaning }) => `- \`?${name}=\`${meaning ? ` ${meaning}` : ''}`),
    ...(query.length > 0 ? [''] : []),
    ...good.map(([status, response]) => `Answers ${status}: ${response.description}\n`),
  ].join('\n');
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
