import type { Json, JsonObject } from './json.ts';

/**
 * A spec before its needs are ready. `{ fact: 'data.path' }` stands for the fact `path` of the resource `data`, and
 * `{ join: [...] }` for its parts put together as text; everything else stands for itself. What others wrote goes in by `literal`.
 */
export type Template = JsonObject;
export type Facts = Readonly<Record<string, JsonObject>>;

/** Stands for the content as it is: nothing in it is filled in, whatever it looks like. */
export const literal = (content: Json): JsonObject => ({ literal: [content] });

/** The spec that a template and the facts of its needs give; throws on a fact that no need has. */
export function fillIn(template: Template, facts: Facts): JsonObject {
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, facts)]));
}

function fill(value: Json, facts: Facts): Json {
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return value.map((inner) => fill(inner, facts));
  const keys = Object.keys(value);
  if (keys.length === 1 && typeof value['fact'] === 'string') return factAt(value['fact'], facts);
  if (keys.length === 1 && value['join'] !== undefined && isArray(value['join'])) {
    return value['join'].map((part) => String(fill(part, facts))).join('');
  }
  const untouched = value['literal'];
  if (keys.length === 1 && untouched !== undefined && isArray(untouched)) return untouched[0] ?? null;
  return fillIn(value, facts);
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

const isObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !isArray(value);

function factAt(path: string, facts: Facts): Json {
  const [role = '', ...rest] = path.split('.');
  let at: Json | undefined = Object.hasOwn(facts, role) ? facts[role] : undefined;
  for (const key of rest) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  if (at === undefined) throw new Error(`filling in a spec: no fact ${path}`);
  return at;
}
