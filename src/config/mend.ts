import type * as z from 'zod';
import { schemaProblems, valueAt } from './schema-problems.ts';
import type { Path } from './source.ts';

export interface Mended<Value> {
  readonly value: Value;
  /** Where something wrong was taken out, or something that must be there was put in. */
  readonly taken: readonly Path[];
}

/** Tried in turn for what must be there: text that most settings take. Missing: nothing. */
const standIns = [undefined, 'x', '/x'] as const;
const mostRounds = 30;

/**
 * A value without what its schema finds wrong, so that the rest can be judged too. Missing when nothing right would be left. Lists keep their length: their
 * entries are known by number.
 */
export function mend<Value>(schema: z.ZodType<Value>, written: unknown): Mended<Value> | undefined {
  const copy: unknown = structuredClone(written);
  const tries = new Map<string, { readonly path: Path; readonly count: number }>();
  for (let round = 0; round < mostRounds; round++) {
    const parsed = schema.safeParse(copy);
    if (parsed.success) return { value: parsed.data, taken: [...tries.values()].map(({ path }) => path) };
    const wrong = new Map(schemaProblems(parsed.error, copy).map(({ path }) => [JSON.stringify(path), path]));
    for (const path of wrong.values()) if (!takeOut(copy, path, tries)) return undefined;
  }
  return undefined;
}

/** False when there is nothing left that could be taken out. */
function takeOut(root: unknown, path: Path, tries: Map<string, { path: Path; count: number }>): boolean {
  const last = path.at(-1);
  if (last === undefined) return false;
  const above = path.slice(0, -1);
  const holder = valueAt(root, above);
  const key = JSON.stringify(path);
  const count = tries.get(key)?.count ?? (Array.isArray(holder) ? 1 : 0);
  tries.set(key, { path, count: count + 1 });
  if (holder === null || typeof holder !== 'object' || count >= standIns.length) return takeOut(root, above, tries);
  const standIn = standIns[count];
  if (standIn === undefined) Reflect.deleteProperty(holder, last);
  else Object.defineProperty(holder, last, { value: standIn, enumerable: true, configurable: true, writable: true });
  return true;
}
