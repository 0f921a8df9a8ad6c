import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Breakage } from '../../domain/observation.ts';
import type { Clock } from '../../ports/clock.ts';

/** One thing out there. Times are monotonic milliseconds of the world's clock. */
export interface MemoryThing {
  readonly kind: string;
  readonly claim: Claim;
  readonly madeAt: number;
  /** Until then listings and looks do not show it. */
  readonly visibleAt: number;
  spec: JsonObject;
  facts: JsonObject;
  arrivesAt: number;
  /** Set by `leave` once its end has begun: when it will be gone. */
  goneAt: number | undefined;
  broken: Breakage | undefined;
  /** It bears another's label: no driver of ours lists it, and none may touch it. */
  readonly ofOthers?: true;
}

/** What happened out there, in order: what invariants are checked on. */
export interface WorldEvent {
  readonly at: number;
  readonly what: 'create' | 'update' | 'destroy' | 'gone' | 'vanish' | 'break';
  readonly kind: string;
  readonly claim: Claim;
  readonly spec: JsonObject;
}

/** The outside as the memory drivers see it. It outlives every driver, so a new server finds what a killed one made. */
export interface MemoryWorld {
  readonly clock: Clock;
  readonly history: readonly WorldEvent[];
  /** Calls that changed something: creates, updates and destroys that had an effect. */
  readonly mutations: number;
  /** All there is now, whether visible yet or not; leaving ones too. */
  things(): readonly MemoryThing[];
  find(kind: string, claim: Claim): MemoryThing | undefined;
  put(thing: MemoryThing): void;
  /** Begins its end: from `goneAt` on it is not there any more. */
  leave(thing: MemoryThing, goneAt: number): void;
  /** Writes an effect down, and counts it. */
  effect(what: 'create' | 'update' | 'destroy', thing: MemoryThing): void;
  /** True when a thing of this name has already ended: the name is used up, as with a cloud's client tokens. */
  isSpent(kind: string, claim: Claim): boolean;
  /** The highest generation that this target ever took: lower ones are refused. 0: none yet. */
  fence(kind: string, claim: Claim): number;
  /** Deleted behind our back: at once, without a trace. False when it was not there. */
  vanish(kind: string, claim: Claim): boolean;
  /** Breaks behind our back. False when it was not there. */
  breakDown(kind: string, claim: Claim, breakage: Breakage): boolean;
  /** Calls back after anything changed behind our back; the answer ends it. */
  watch(then: (kind: string, claim: Claim) => void): () => void;
}

export function memoryWorld(clock: Clock): MemoryWorld {
  const things = new Map<string, MemoryThing>();
  /** Those whose end has begun: every question asks whether it is reached, and there may be thousands of others. */
  const leaving = new Map<string, number>();
  const spent = new Set<string>();
  const fences = new Map<string, number>();
  const history: WorldEvent[] = [];
  const watchers = new Set<(kind: string, claim: Claim) => void>();
  let mutations = 0;

  const note = (what: WorldEvent['what'], thing: MemoryThing): void => {
    history.push({ at: clock.monotonic(), what, kind: thing.kind, claim: thing.claim, spec: thing.spec });
  };
  const end = (key: string, what: 'gone' | 'vanish', thing: MemoryThing): void => {
    things.delete(key);
    leaving.delete(key);
    spent.add(key);
    note(what, thing);
  };
  const settle = (): void => {
    for (const [key, goneAt] of leaving) {
      const thing = things.get(key);
      if (thing && goneAt <= clock.monotonic()) end(key, 'gone', thing);
    }
  };
  const find = (kind: string, claim: Claim): MemoryThing | undefined => {
    settle();
    return things.get(keyOf(kind, claim));
  };
  const tell = (thing: MemoryThing): void => {
    for (const then of [...watchers]) then(thing.kind, thing.claim);
  };

  return {
    clock,
    history,
    get mutations() {
      return mutations;
    },
    things() {
      settle();
      return [...things.values()];
    },
    find,
    put(thing) {
      things.set(keyOf(thing.kind, thing.claim), thing);
      const target = targetOf(thing.kind, thing.claim);
      fences.set(target, Math.max(fences.get(target) ?? 0, thing.claim.generation));
    },
    leave(thing, goneAt) {
      thing.goneAt = goneAt;
      leaving.set(keyOf(thing.kind, thing.claim), goneAt);
    },
    effect(what, thing) {
      mutations += 1;
      note(what, thing);
    },
    isSpent(kind, claim) {
      settle();
      return spent.has(keyOf(kind, claim));
    },
    fence: (kind, claim) => fences.get(targetOf(kind, claim)) ?? 0,
    vanish(kind, claim) {
      const thing = find(kind, claim);
      if (!thing) return false;
      end(keyOf(kind, claim), 'vanish', thing);
      tell(thing);
      return true;
    },
    breakDown(kind, claim, breakage) {
      const thing = find(kind, claim);
      if (!thing) return false;
      thing.broken = breakage;
      note('break', thing);
      tell(thing);
      return true;
    },
    watch(then) {
      watchers.add(then);
      return () => watchers.delete(then);
    },
  };
}

const keyOf = (kind: string, claim: Claim): string => `${kind} ${claimName(claim)}`;
const targetOf = (kind: string, claim: Claim): string => `${kind} ${claim.environment} ${claim.role}`;
