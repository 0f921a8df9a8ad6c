import type { EnvironmentId } from '../domain/claim.ts';
import type { Parked } from '../domain/resource.ts';

/**
 * Which kinds of resource have been listed whole since we started. Before that nothing new is made of a kind: our records may be
 * lost or old, and what we are about to make may be there already.
 */
export interface Inventory {
  done(kind: string): void;
  /** A listing brought something of this environment that our records lack: until all kinds are listed, more may be lost. */
  found(environment: EnvironmentId): void;
  hasFound(environment: EnvironmentId): boolean;
  has(kind: string): boolean;
  /** It could not be listed; of no account once it was. Answers whether that is news. */
  failed(kind: string, why: Parked): boolean;
  /** Why it could not be listed so far. */
  whyNot(kind: string): Parked | undefined;
}

export function inventory(): Inventory {
  const kinds = new Set<string>();
  const incomplete = new Set<EnvironmentId>();
  const failures = new Map<string, Parked>();
  return {
    done(kind) {
      kinds.add(kind);
      failures.delete(kind);
    },
    found: (environment) => void incomplete.add(environment),
    hasFound: (environment) => incomplete.has(environment),
    has: (kind) => kinds.has(kind),
    failed(kind, why) {
      if (kinds.has(kind)) return false;
      const before = failures.get(kind);
      failures.set(kind, why);
      return before?.message !== why.message;
    },
    whyNot: (kind) => failures.get(kind),
  };
}
