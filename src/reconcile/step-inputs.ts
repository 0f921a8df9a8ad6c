import type { Environment } from '../domain/environment.ts';
import type { JsonObject } from '../domain/json.ts';
import { isLive } from '../domain/phase.ts';
import type { Plan, PlannedResource } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import { standsOn } from '../domain/stands-on.ts';
import { fillIn } from '../domain/template.ts';
import type { StepInput } from './resource-step.ts';

/**
 * Every role of the plan whose needs are ready or that exists, and every other that is not seen gone and that nothing stands on.
 * `unsure`: not all was listed, so nothing is taken for unneeded.
 */
export function stepInputs(
  environment: Environment,
  plan: Plan,
  resources: readonly Resource[],
  unsure: boolean,
): Map<string, StepInput> {
  const known = new Map(resources.map((resource) => [resource.role, resource]));
  const inputs = new Map<string, StepInput>();
  for (const planned of plan) {
    const spec = specOf(planned, known);
    const record = known.get(planned.role);
    if (spec === undefined && (!record || !isLive(record))) continue;
    inputs.set(planned.role, { environment, role: planned.role, kind: planned.kind, planned, spec, known: record });
  }
  const wanted = new Set(plan.map(({ role }) => role));
  const live = resources.filter(isLive);
  for (const resource of live) {
    if (unsure || wanted.has(resource.role) || live.some((upper) => standsOn(upper, resource))) continue;
    inputs.set(resource.role, {
      environment,
      role: resource.role,
      kind: resource.kind,
      planned: undefined,
      spec: undefined,
      known: resource,
    });
  }
  return inputs;
}

/** The spec with its needs' facts, or nothing while one of them is not ready. */
function specOf(planned: PlannedResource, known: ReadonlyMap<string, Resource>): JsonObject | undefined {
  const facts: Record<string, JsonObject> = {};
  for (const [name, role] of Object.entries(planned.needRoles)) {
    const need = known.get(role);
    if (!need || !isLive(need) || need.status !== 'ready') return undefined;
    facts[name] = need.facts;
  }
  return fillIn(planned.spec, facts);
}
