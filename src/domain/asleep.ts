import { isLive } from './phase.ts';
import type { Plan } from './plan.ts';
import type { Resource } from './resource.ts';

/**
 * What stays of a plan while its environment sleeps: what took long to make, or is somebody's work. What is switched off is so only
 * when nothing that stood on it is left.
 */
export function asleepPlan(plan: Plan, resources: readonly Resource[]): Plan {
  const stays = plan.filter(({ asleep }) => asleep !== undefined);
  const kept = new Set(stays.map(({ role }) => role));
  const leaving = resources.filter((one) => isLive(one) && !kept.has(one.role));
  return stays.map((planned) => {
    const isUsed = leaving.some(({ needs }) => needs.includes(planned.role));
    return planned.asleep === 'off' && !isUsed ? { ...planned, spec: { ...planned.spec, power: 'off' } } : planned;
  });
}
