import { type Claim, claimName } from '../../domain/claim.ts';
import { canonical, type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import type { Breakage } from '../../domain/observation.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Call } from '../../ports/call.ts';
import type {
  Difference,
  DriverShared,
  DriverTraits,
  Observation,
  ResourceDriver,
} from '../../ports/resource-driver.ts';
import type { MemoryThing, MemoryWorld } from './memory-world.ts';

export interface MemoryDriverOptions {
  readonly world: MemoryWorld;
  readonly kind: string;
  /** `visibleAfterMs` is kept as promised: new things are seen only after it. */
  readonly traits: DriverTraits;
  readonly arrivesAfterMs: number;
  readonly leavesAfterMs: number;
  readonly facts: (claim: Claim, spec: JsonObject) => JsonObject;
  /** True: changed in place, and lower generations are refused. False: the driver has no `update`. */
  readonly updates: boolean;
  /** How what was asked for ends up; missing: ready. */
  readonly outcome?: (claim: Claim, spec: JsonObject) => Breakage | undefined;
  /** Given: arrivals, ends and mishaps are told at once, as a process driver does. */
  readonly changed?: DriverShared['changed'];
}

/** A driver over plain maps that keeps every law: for the simulation, the demo and fast tests. */
export function memoryDriver(options: MemoryDriverOptions): ResourceDriver {
  const { world, kind, traits } = options;
  const now = (): number => world.clock.monotonic();
  const tell = (claim: Claim): void => options.changed?.({ environment: claim.environment, role: claim.role });
  const tellAt = (claim: Claim, at: number): void => {
    if (options.changed) world.clock.after(at - now(), () => tell(claim));
  };
  if (options.changed) world.watch((other, claim) => void (other === kind && tell(claim)));

  const driver: ResourceDriver = {
    kind,
    traits,
    async observe(claim, spec, call) {
      refuseAborted(call, `looking at ${claimName(claim)}`);
      const thing = world.find(kind, claim);
      if (!thing || thing.visibleAt > now()) return { is: 'absent' };
      return stateOf(thing, spec, now());
    },
    async create(claim, spec, call) {
      refuseAborted(call, `creating ${claimName(claim)}`);
      const existing = world.find(kind, claim);
      if (existing?.goneAt !== undefined) throw leaving(claim);
      if (existing) return;
      if (world.isSpent(kind, claim)) throw spent(claim);
      if (options.updates) refuseLower(world, kind, claim);
      const thing = newThing(options, claim, spec);
      world.put(thing);
      world.effect('create', thing);
      tellAt(claim, thing.arrivesAt);
    },
    async destroy(claim, call) {
      refuseAborted(call, `destroying ${claimName(claim)}`);
      const thing = world.find(kind, claim);
      if (!thing || thing.goneAt !== undefined) return;
      const goneAt = now() + options.leavesAfterMs;
      world.leave(thing, goneAt);
      world.effect('destroy', thing);
      tellAt(claim, goneAt);
    },
    async *owned(call) {
      refuseAborted(call, `listing every ${kind}`);
      for (const thing of world.things()) {
        if (thing.kind === kind && thing.visibleAt <= now() && !thing.ofOthers) yield thing.claim;
      }
    },
  };
  return options.updates ? { ...driver, update: memoryUpdate(options, tell) } : driver;
}

function memoryUpdate(
  { world, kind, facts }: MemoryDriverOptions,
  tell: (claim: Claim) => void,
): NonNullable<ResourceDriver['update']> {
  return async (claim, spec, call) => {
    refuseAborted(call, `updating ${claimName(claim)}`);
    const thing = world.find(kind, claim);
    if (!thing || thing.goneAt !== undefined) throw nothingToUpdate(claim);
    refuseLower(world, kind, claim);
    if (sameJson(thing.spec, spec)) return;
    thing.spec = spec;
    thing.facts = facts(claim, spec);
    world.effect('update', thing);
    tell(claim);
  };
}

function newThing(options: MemoryDriverOptions, claim: Claim, spec: JsonObject): MemoryThing {
  const madeAt = options.world.clock.monotonic();
  return {
    kind: options.kind,
    claim: { environment: claim.environment, role: claim.role, generation: claim.generation },
    madeAt,
    visibleAt: madeAt + options.traits.visibleAfterMs,
    spec,
    facts: options.facts(claim, spec),
    arrivesAt: madeAt + options.arrivesAfterMs,
    goneAt: undefined,
    broken: options.outcome?.(claim, spec),
  };
}

function stateOf(thing: MemoryThing, spec: JsonObject, now: number): Observation {
  if (thing.goneAt !== undefined) return { is: 'leaving', note: 'going away', lookAgainMs: soon(thing.goneAt - now) };
  if (thing.arrivesAt > now) return { is: 'arriving', note: 'coming up', lookAgainMs: soon(thing.arrivesAt - now) };
  if (thing.broken) return { is: 'broken', ...thing.broken };
  return { is: 'ready', facts: thing.facts, drift: differences(spec, thing.spec) };
}

/** As a cloud is polled: not in a rush, not late by much. */
const soon = (ms: number): number => Math.min(1000, Math.max(10, ms));

function differences(want: JsonObject, have: JsonObject): Difference[] {
  const fields = new Set([...Object.keys(want), ...Object.keys(have)]);
  return [...fields]
    .map((field) => ({ field, want: asText(want[field]), have: asText(have[field]) }))
    .filter((difference) => difference.want !== difference.have);
}

const asText = (value: Json | undefined): string => (value === undefined ? '' : canonical(value));

export function refuseAborted(call: Call, doing: string): void {
  if (!call.signal.aborted) return;
  throw new WizardError(`${doing}: it was called off`, { code: 'memory/aborted', remedy: 'try-again' });
}

function refuseLower(world: MemoryWorld, kind: string, claim: Claim): void {
  const highest = world.fence(kind, claim);
  if (claim.generation >= highest) return;
  throw new WizardError(`changing ${claimName(claim)}: the target already took generation ${highest}`, {
    code: 'memory/fenced',
    remedy: 'try-again',
  });
}

const spent = (claim: Claim): WizardError =>
  new WizardError(`creating ${claimName(claim)}: one of this name has already ended, the name is used up`, {
    code: 'memory/spent',
    remedy: 'try-again',
    hint: 'Ask for the next generation.',
  });

const leaving = (claim: Claim): WizardError =>
  new WizardError(`creating ${claimName(claim)}: one of this name is going away`, {
    code: 'memory/leaving',
    remedy: 'try-again',
  });

const nothingToUpdate = (claim: Claim): WizardError =>
  new WizardError(`updating ${claimName(claim)}: it is not there`, { code: 'memory/absent', remedy: 'try-again' });
