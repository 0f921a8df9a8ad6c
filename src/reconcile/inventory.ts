import type { EnvironmentId } from '../domain/claim.ts';
import type { Parked } from '../domain/resource.ts';

/**
 * Which kinds of resource have been listed whole since we started. Before that nothing new is made of a kind: our records may be
 * lost or old, and what we are about to make may be there already.
 */
export interface Inventory {
  /** Listed whole, by a listing that began then (monotonic milliseconds); what is made is listed after `visibleAfterMs` only. */
  done(kind: string, began: number, visibleAfterMs: number): void;
  /** A listing brought something of this environment that our records lack: until all kinds are listed, more may be lost. */
  found(environment: EnvironmentId): void;
  hasFound(environment: EnvironmentId): boolean;
  has(kind: string): boolean;
  /** Listed also when all had to be seen that a life before this one made: only then nothing of this kind is there but what we know. */
  isSure(kind: string): boolean;
  /** When to list again to be sure of all kinds (monotonic milliseconds); missing: it is so already, or one was not listed yet. */
  sureAt(): number | undefined;
  /** It could not be listed; of no account once it was. Answers whether that is news. */
  failed(kind: string, why: Parked): boolean;
  /** Why it could not be listed so far. */
  whyNot(kind: string): Parked | undefined;
}

export function inventory(): Inventory {
  /** When another listing makes sure of it: so long after the first one began, which was when we started, or later. */
  const kinds = new Map<string, number>();
  const sure = new Set<string>();
  const incomplete = new Set<EnvironmentId>();
  const failures = new Map<string, Parked>();
  return {
    done(kind, began, visibleAfterMs) {
      const sureAt = kinds.get(kind) ?? began + visibleAfterMs;
      kinds.set(kind, sureAt);
      if (began >= sureAt) sure.add(kind);
      failures.delete(kind);
    },
    found: (environment) => void incomplete.add(environment),
    hasFound: (environment) => incomplete.has(environment),
    has: (kind) => kinds.has(kind),
    isSure: (kind) => sure.has(kind),
    sureAt() {
      const open = [...kinds].filter(([kind]) => !sure.has(kind)).map(([, at]) => at);
      return open.length === 0 ? undefined : Math.max(...open);
    },
    failed(kind, why) {
      if (kinds.has(kind)) return false;
      const before = failures.get(kind);
      failures.set(kind, why);
      return before?.message !== why.message;
    },
    whyNot: (kind) => failures.get(kind),
  };
}
