import { isInPlace } from './claim.ts';
import { isLive } from './phase.ts';
import type { Resource } from './resource.ts';

/** It came without a record (after a lost database): what it was asked for and what it needs is not known. */
export const isFound = ({ spec }: Resource): boolean => Object.keys(spec).length === 0;

const layers: Readonly<Record<string, number>> = { checkout: 1, 'data-files': 1, command: 2, process: 3, route: 4 };
const layerOf = ({ kind }: Resource): number => layers[kind] ?? 0;

/** Whether `upper` stands on `lower`. What was found may stand on everything that its kind can stand on. */
export const standsOn = (upper: Resource, lower: Resource): boolean =>
  upper.needs.includes(lower.role) || (isFound(upper) && layerOf(upper) > layerOf(lower));

/**
 * Whether visitors would see a gap without it: they are led to it and it works (`ready`), or to something ready that stands on it.
 */
export function isServing(one: Resource, ready: boolean, all: readonly Resource[]): boolean {
  return all.some((upper) => {
    if (!isLive(upper) || upper.status === 'leaving' || !standsOn(upper, one)) return false;
    if (isInPlace(upper.role)) return ready;
    return (upper.status === 'ready' || isFound(upper)) && isServing(upper, true, all);
  });
}
