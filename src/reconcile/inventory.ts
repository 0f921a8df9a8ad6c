/**
 * Which kinds of resource have been listed whole since we started. Before that nothing new is made of a kind: our records may be
 * lost or old, and what we are about to make may be there already.
 */
export interface Inventory {
  done(kind: string): void;
  has(kind: string): boolean;
}

export function inventory(): Inventory {
  const kinds = new Set<string>();
  return { done: (kind) => void kinds.add(kind), has: (kind) => kinds.has(kind) };
}
