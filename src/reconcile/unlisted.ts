import { isLive } from '../domain/phase.ts';
import type { Plan, PlannedResource } from '../domain/plan.ts';
import type { Parked, Resource } from '../domain/resource.ts';
import type { Heart } from './heart.ts';

/**
 * The resources, and with them what is wanted and waits for a listing of its kind that failed: as something that rests, or that is on
 * its way where another try may help. It has no record, but people must see why nothing happens.
 */
export function withUnlisted(
  { inventory }: Pick<Heart, 'inventory'>,
  environment: Resource['environment'],
  plan: Plan,
  resources: readonly Resource[],
): readonly Resource[] {
  const there = new Set(resources.filter(isLive).map(({ role }) => role));
  const waiting = plan.flatMap((planned) => {
    const why = there.has(planned.role) ? undefined : inventory.whyNot(planned.kind);
    return why ? [unlisted(environment, planned, why)] : [];
  });
  return waiting.length === 0 ? resources : [...resources, ...waiting];
}

const unlisted = (
  environment: Resource['environment'],
  { role, kind, needRoles }: PlannedResource,
  why: Parked,
): Resource => ({
  ...{ environment, role, kind, generation: 1, spec: {}, needs: Object.values(needRoles), facts: {} },
  ...{ intendedAt: why.at, acknowledgedAt: undefined, readyAt: undefined, goneAt: undefined },
  ...{ replaced: 0, failures: 0, notBefore: 0, note: why.message },
  ...(why.remedy === 'try-again' ? { status: 'arriving', parked: undefined } : { status: 'broken', parked: why }),
});
