import type { Environment } from '../domain/environment.ts';
import { type JsonObject, sameJson } from '../domain/json.ts';
import { isLive } from '../domain/phase.ts';
import type { Plan, PlannedResource } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import { standsOn } from '../domain/stands-on.ts';
import { fillIn } from '../domain/template.ts';
import type { StepInput } from './resource-step.ts';

interface Standing {
  readonly known: ReadonlyMap<string, Resource>;
  readonly planned: ReadonlyMap<string, PlannedResource>;
  /** Those that are complete, once they were filled in. */
  readonly specs: Map<string, JsonObject>;
}

/**
 * Every role of the plan whose needs are ready or that exists, and every other that is not seen gone and that nothing stands on.
 * `incomplete`: not all was listed after a loss, so nothing is taken for unneeded.
 */
export function stepInputs(
  environment: Environment,
  plan: Plan,
  resources: readonly Resource[],
  incomplete: boolean,
): Map<string, StepInput> {
  const known = new Map(resources.map((resource) => [resource.role, resource]));
  const on: Standing = { known, planned: new Map(plan.map((one) => [one.role, one])), specs: new Map() };
  const inputs = new Map<string, StepInput>();
  for (const planned of plan) {
    const spec = specOf(planned, on);
    const record = known.get(planned.role);
    if (spec === undefined && (!record || !isLive(record))) continue;
    const { role, kind } = planned;
    inputs.set(role, { environment, role, kind, planned, spec, known: record, incomplete });
  }
  const wanted = new Set(plan.map(({ role }) => role));
  const live = resources.filter(isLive);
  for (const resource of live) {
    if (incomplete || wanted.has(resource.role) || live.some((upper) => standsOn(upper, resource))) continue;
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

/** The spec with its needs' facts, or nothing while one of them is not ready, or is about to be changed in place. */
function specOf(planned: PlannedResource, on: Standing): JsonObject | undefined {
  const before = on.specs.get(planned.role);
  if (before) return before;
  const facts: Record<string, JsonObject> = {};
  for (const [name, role] of Object.entries(planned.needRoles)) {
    const need = on.known.get(role);
    if (!need || !isLive(need) || need.status !== 'ready' || !isAsWanted(need, on)) return undefined;
    facts[name] = need.facts;
  }
  const spec = fillIn(planned.spec, facts);
  on.specs.set(planned.role, spec);
  return spec;
}

/** Of what was found without a record it is not known what it was asked for: the look at it tells. */
function isAsWanted(need: Resource, on: Standing): boolean {
  const planned = on.planned.get(need.role);
  if (!planned) return true;
  const spec = specOf(planned, on);
  return spec !== undefined && sameJson(keyed(spec, planned), keyed(need.spec, planned));
}

const keyed = (spec: JsonObject, { unkeyed = [] }: PlannedResource): JsonObject =>
  Object.fromEntries(Object.entries(spec).filter(([field]) => !unkeyed.includes(field)));
