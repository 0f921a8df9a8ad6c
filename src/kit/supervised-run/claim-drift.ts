import { canonical, type Json, type JsonObject } from '../../domain/json.ts';
import type { Difference } from '../../ports/resource-driver.ts';

/** Each field in which what was asked for then differs from what is asked for now. Values are names and settings, never secrets. */
export function driftOf(have: JsonObject, want: JsonObject): Difference[] {
  const fields = [...new Set([...Object.keys(want), ...Object.keys(have)])].sort();
  return fields
    .map((field) => ({ field, want: shown(want[field]), have: shown(have[field]) }))
    .filter((difference) => difference.want !== difference.have);
}

const shown = (value: Json | undefined): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? value : canonical(value);
