import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

interface Operation {
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: object }[];
  readonly body?: { readonly properties?: object } & object;
  readonly answers: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

interface Description {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly schemas: Readonly<Record<string, object>>;
}

/** A request or an answer as it went over the wire. */
export interface Spoken {
  readonly route: string;
  readonly places: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** GitHub's published description, as a judge: each answer is the list of what is wrong. */
export interface GithubContract {
  /** The described operation that this method and path (without prefix) belong to. */
  find(method: string, path: string): Pick<Spoken, 'route' | 'places'> | undefined;
  judgeRequest(spoken: Spoken): readonly string[];
  judgeAnswer(route: string, status: number, type: string, body: unknown): readonly string[];
}

let read: GithubContract | undefined;

/** One for the whole process: it remembers nothing of what it judges, and reading the description takes long. */
export const githubContract = (): GithubContract => {
  read ??= readContract();
  return read;
};

function readContract(): GithubContract {
  const described: Description = JSON.parse(readFileSync(new URL('./recorded/openapi.json', import.meta.url), 'utf8'));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, coerceTypes: false });
  ajv.addSchema({ $id: 'github', schemas: described.schemas });
  const compiled = new WeakMap<object, ValidateFunction>();
  const judge = (schema: object, value: unknown, what: string): readonly string[] => {
    const check = compiled.get(schema) ?? ajv.compile(pointingAt(schema));
    compiled.set(schema, check);
    if (check(value)) return [];
    return (check.errors ?? [])
      .map((one) => `${what}${one.instancePath} ${one.message ?? ''}`)
      .filter((wrong) => !known.test(wrong))
      .slice(0, 5);
  };
  const paths = Object.keys(described.operations).map((route) => ({ route, pattern: patternOf(route) }));
  const operation = (route: string): Operation => {
    const found = described.operations[route];
    if (!found) throw new Error(`judging: ${route} is not described`);
    return found;
  };
  return {
    find(method, path) {
      for (const { route, pattern } of paths) {
        const match = pattern.exec(`${method} ${path}`);
        if (match) return { route, places: decoded(match.groups ?? {}) };
      }
      return undefined;
    },
    judgeRequest({ route, places, query, body }) {
      const { parameters, body: schema } = operation(route);
      const names = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
      const unknown = [...query.keys()].filter((name) => !names.includes(name));
      const given = (one: { name: string; in: string }) =>
        one.in === 'query' ? query.get(one.name) : places[one.name];
      return [
        ...unknown.map((name) => `query ${name} is not described`),
        ...parameters.flatMap((one) => {
          const value = given(one);
          if (value === null || value === undefined)
            return one.required && one.in !== 'header' ? [`${one.name} is missing`] : [];
          return judge(one.schema, typed(value, one.schema), one.name);
        }),
        ...(schema === undefined || body === undefined ? [] : judge(schema, body, 'body')),
        ...(schema === undefined && body !== undefined ? ['a body is not described'] : []),
        ...unknownFields(schema, body).map((name) => `body/${name} is not described`),
      ];
    },
    judgeAnswer(route, status, type, body) {
      const { answers } = operation(route);
      const content = answers[String(status)];
      if (!content) {
        // Errors that any endpoint may answer are described once, in prose.
        return status < 400 ? [`status ${status} is not described`] : judge(errorShape, body, `answer ${status}`);
      }
      const schema = content[type] ?? content['application/json'];
      if (schema === undefined || type.includes('raw')) return [];
      return judge(schema, body, `answer ${status}`);
    },
  };
}

/** GitHub does answer `null` where a fork is gone, whatever its description says. */
const known = /\/head\/repo must be object$/;

const errorShape = {
  type: 'object',
  required: ['message', 'documentation_url'],
  properties: { message: { type: 'string' } },
};

/** References in the extract point into the whole file. */
const pointingAt = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/schemas/', '"github#/schemas/'));

/** `{path}` of contents is the only place that may hold slashes, and it may be left out: the top of the repository. */
function patternOf(route: string): RegExp {
  const source = route
    .replace('/{path}', '(?:/(?<path>.*))?')
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>[^/]+)`);
  return new RegExp(`^${source}$`);
}

const decoded = (places: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(places).map(([name, value]) => [name, decodeURIComponent(value ?? '')]));

/** What a place or query holds is text on the wire. */
function typed(value: string, schema: object): unknown {
  const type = 'type' in schema ? schema.type : undefined;
  if (type === 'integer' && /^\d+$/.test(value)) return Number(value);
  if (type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true';
  return value;
}

function unknownFields(schema: Operation['body'], body: unknown): readonly string[] {
  const properties = schema?.properties;
  if (!properties || typeof body !== 'object' || body === null) return [];
  return Object.keys(body).filter((name) => !(name in properties));
}
