import type { Edition } from './environment.ts';
import { canonical, type JsonObject } from './json.ts';
import { stableHash } from './stable-hash.ts';
import type { Template } from './template.ts';
import { WizardError } from './wizard-error.ts';

/** A resource as a target describes it, before keys. */
export interface Part {
  /** Unique in the plan: `web`. */
  readonly name: string;
  readonly kind: string;
  readonly needs: readonly string[];
  readonly spec: Template;
  /** Fields of the spec that do not tell one resource from another: when they change, what is there stays. */
  readonly unkeyed?: readonly string[];
  /** `beside`: another spec is another resource, made while the old one serves. `in-place`: the same resource is updated. */
  readonly replace: 'beside' | 'in-place';
  /** Counted up when it is lost while visitors are served through it; missing: it is always made anew in place. */
  readonly renewedBy?: Edition;
  /** While the environment sleeps: it `stays`, or stays and is switched `off`; missing: it goes. */
  readonly asleep?: 'stays' | 'off';
  /** How long it may take to arrive. */
  readonly timeLimitMs: number;
}

export interface PlannedResource extends Part {
  /** The claim's role: `web.3f9a2c1d`, or `route`. */
  readonly role: string;
  /** Name of the need → its role. */
  readonly needRoles: Readonly<Record<string, string>>;
}

/** What should exist, in an order in which needs come first. */
export type Plan = readonly PlannedResource[];

/**
 * Orders the parts and gives each its role. The key of a `beside` part is a hash of its spec and of its needs' keys, so a push or a
 * changed recipe moves just what it touches, and what is already there under the same key is kept.
 */
export function planOf(parts: readonly Part[]): Plan {
  const planned = new Map<string, PlannedResource>();
  for (const part of inOrder(parts)) {
    const needRoles = Object.fromEntries(part.needs.map((name) => [name, planned.get(name)?.role ?? name]));
    const identity: JsonObject = { kind: part.kind, spec: keyedSpec(part), needs: needRoles };
    const role = part.replace === 'beside' ? `${part.name}.${stableHash(canonical(identity), 8)}` : part.name;
    planned.set(part.name, { ...part, role, needRoles });
  }
  return [...planned.values()];
}

const keyedSpec = ({ spec, unkeyed = [] }: Part): JsonObject =>
  Object.fromEntries(Object.entries(spec).filter(([field]) => !unkeyed.includes(field)));

function inOrder(parts: readonly Part[]): Part[] {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const done = new Set<string>();
  const ordered: Part[] = [];
  const visit = (part: Part, path: readonly string[]): void => {
    if (done.has(part.name)) return;
    if (path.includes(part.name)) throw cycle([...path, part.name]);
    for (const need of part.needs) {
      const needed = byName.get(need);
      if (!needed) throw missingNeed(part.name, need);
      visit(needed, [...path, part.name]);
    }
    done.add(part.name);
    ordered.push(part);
  };
  for (const part of parts) visit(part, []);
  return ordered;
}

const cycle = (path: readonly string[]): WizardError =>
  new WizardError(`making a plan: ${path.join(' needs ')}, which is a circle`, {
    code: 'recipe/cycle',
    remedy: 'change-input',
  });

const missingNeed = (name: string, need: string): WizardError =>
  new WizardError(`making a plan: ${name} needs ${need}, which is not in the recipe`, {
    code: 'recipe/unknown-need',
    remedy: 'change-input',
  });
