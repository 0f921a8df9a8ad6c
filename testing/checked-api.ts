import { createApiWorld, token, viewOf } from './api-world.ts';
import { createCheckedRequest } from './matches-openapi.ts';

export const authorization = { authorization: `Bearer ${token}` };
export const json = { ...authorization, 'content-type': 'application/json' };

/** The value at a path of a reply; `undefined` where there is none. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

export const listAt = (value: unknown, ...path: (string | number)[]): unknown[] => at(value, ...path) as unknown[];

export function checkedWorld(more: Parameters<typeof createApiWorld>[0] = {}) {
  const world = createApiWorld(more);
  world.put(viewOf('shop-7'));
  world.put(viewOf('shop-12', { environment: { phase: 'failed', liveSha: undefined } }));
  const { request, seen } = createCheckedRequest(world.app);
  const get = async (path: string) => {
    const response = await request('GET', path, { headers: authorization });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const post = async (path: string, body?: unknown) => {
    const init = body === undefined ? { headers: authorization } : { headers: json, body: JSON.stringify(body) };
    const response = await request('POST', path, init);
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { world, request, get, post, seen };
}
