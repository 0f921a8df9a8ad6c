/** Anything that survives JSON. Specs and facts are of this kind, so the journal can hold them. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** The same text for the same value, whatever the order of its keys: what specs are compared by. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  let text = '';
  // Each look at an environment compares many of them: without a pair and a comparison in words for each key it takes half the time.
  for (const key of Object.keys(value).sort())
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(value[key] ?? null)}`;
  return `{${text}}`;
}

const isList = (value: readonly Json[] | JsonObject): value is readonly Json[] => Array.isArray(value);

export const sameJson = (a: Json, b: Json): boolean => canonical(a) === canonical(b);
