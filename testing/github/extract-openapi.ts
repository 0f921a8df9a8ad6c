// Cuts what we use out of GitHub's published description: node testing/github/extract-openapi.ts PATH/TO/api.github.com.json
import { readFileSync, writeFileSync } from 'node:fs';

type Node = { [key: string]: unknown };

/** The endpoints we call, and those that a test reads back with. */
const used: readonly string[] = [
  'GET /repos/{owner}/{repo}',
  'GET /repos/{owner}/{repo}/installation',
  'GET /repos/{owner}/{repo}/pulls',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}',
  'GET /repos/{owner}/{repo}/branches',
  'GET /repos/{owner}/{repo}/branches/{branch}',
  'GET /repos/{owner}/{repo}/contents/{path}',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'POST /repos/{owner}/{repo}/statuses/{sha}',
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses',
  'POST /app/installations/{installation_id}/access_tokens',
  'GET /app',
  'GET /user',
  'GET /rate_limit',
];
const talk = new Set([
  'description',
  'summary',
  'title',
  'example',
  'examples',
  'externalDocs',
  'x-github',
  'deprecated',
  'discriminator',
]);

const source = process.argv[2];
if (source === undefined) throw new Error('extracting: say where api.github.com.json of @octokit/openapi is');
const whole: Node = JSON.parse(readFileSync(source, 'utf8'));
const schemas: Node = {};

const operations = Object.fromEntries(used.map((route) => [route, operationOf(route)]));
const examples = Object.fromEntries(used.map((route) => [route, exampleOf(route)]).filter(([, found]) => found));
write('openapi.json', {
  source: '@octokit/openapi',
  version: at(whole, ['info', 'version']),
  licence: 'MIT',
  operations,
  schemas,
});
write('examples.json', examples);

function write(name: string, value: unknown): void {
  writeFileSync(new URL(`./recorded/${name}`, import.meta.url), `${JSON.stringify(value)}\n`);
}

function operationOf(route: string): Node {
  const said = rawOperation(route);
  const parameters = list(said['parameters']).map((one) => resolved(one));
  const body = at(said, ['requestBody', 'content', 'application/json', 'schema']);
  return {
    parameters: parameters.map((one) => ({
      name: one['name'],
      in: one['in'],
      required: one['required'] === true,
      schema: cleaned(one['schema']),
    })),
    ...(body === undefined ? {} : { body: cleaned(body) }),
    answers: Object.fromEntries(
      Object.entries(node(said['responses'])).map(([status, answer]) => [status, answerOf(resolved(answer))]),
    ),
  };
}

/** Media type → schema; an answer without a body has none. */
function answerOf(answer: Node): Node {
  const content = Object.entries(node(answer['content']));
  return Object.fromEntries(content.map(([type, said]) => [type, cleaned(node(said)['schema'])]));
}

/** The largest example of a success: what the stand-in's own answers are made from. */
function exampleOf(route: string): unknown {
  const [, answer] =
    Object.entries(node(rawOperation(route)['responses'])).find(([status]) => /^20[01]$/.test(status)) ?? [];
  const json = at(resolved(answer), ['content', 'application/json']);
  const found = Object.values(node(node(json)['examples'])).map((one) => resolved(one)['value']);
  return found.toSorted((a, b) => JSON.stringify(b).length - JSON.stringify(a).length)[0];
}

function rawOperation(route: string): Node {
  const [method = '', path = ''] = route.split(' ');
  const found = at(whole, ['paths', path, method.toLowerCase()]);
  if (found === undefined) throw new Error(`extracting: GitHub does not describe ${route}`);
  return node(found);
}

/** JSON Schema of an OpenAPI 3.0 schema: without prose, `nullable` as a type, references into our own file. */
function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  const said = node(value);
  const reference = said['$ref'];
  if (typeof reference === 'string') return { $ref: keep(reference) };
  const { nullable, ...rest } = said;
  const kept = Object.entries(rest).filter(
    ([key, inner]) => !(talk.has(key) && (key !== 'title' || typeof inner === 'string')),
  );
  const schema: Node = Object.fromEntries(
    kept.map(([key, inner]) => [key, key === 'properties' ? eachCleaned(inner) : cleaned(inner)]),
  );
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

/** Names of properties are not keywords: one may be called `title`. */
function eachCleaned(properties: unknown): Node {
  return Object.fromEntries(Object.entries(node(properties)).map(([name, schema]) => [name, cleaned(schema)]));
}

function keep(reference: string): string {
  const name = reference.replace('#/components/schemas/', '');
  if (!(name in schemas)) {
    schemas[name] = {};
    schemas[name] = cleaned(at(whole, ['components', 'schemas', name]));
  }
  return `#/schemas/${name}`;
}

function resolved(value: unknown): Node {
  const reference = node(value)['$ref'];
  return typeof reference === 'string' ? node(at(whole, reference.slice(2).split('/'))) : node(value);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => node(inner)[key], value);
}

function node(value: unknown): Node {
  return typeof value === 'object' && value !== null ? (value as Node) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
