import type { BakeCall, BakedImage, BakeOrder, DataBaker } from '../src/ports/data-bakes.ts';

export interface MemoryBaker extends DataBaker {
  /** What was asked of it, in order: `bake staging`, `sweep staging`, `keep staging: v1 v2`. */
  readonly asked: string[];
  /** How the next bakes go; first come, first served. Without one each is complete at once. */
  readonly next: ((order: BakeOrder, call: BakeCall) => Promise<BakedImage>)[];
}

/** A baker that makes nothing. */
export function memoryBaker(): MemoryBaker {
  const asked: string[] = [];
  const next: MemoryBaker['next'] = [];
  return {
    asked,
    next,
    bake(order, call) {
      asked.push(`bake ${order.source}`);
      const act = next.shift() ?? (async ({ stamp }) => ({ version: `${stamp}-0a1b2c3d`, bytes: 1_500_000 }));
      return act(order, call);
    },
    sweep: async (source) => void asked.push(`sweep ${source}`),
    keepOnly: async (source, versions) => void asked.push(`keep ${source}: ${[...versions].toSorted().join(' ')}`),
  };
}
