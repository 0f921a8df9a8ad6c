import type { DataBaker } from '../ports/data-bakes.ts';

/**
 * Several ways to keep the data of one source ready, as one: a bake is all of them, one after the other and under one version. `of` says
 * which ones a source has, the first makes the version up.
 */
export const severalBakers = (of: (source: string) => readonly DataBaker[]): DataBaker => ({
  async bake(order, call) {
    let baked: Awaited<ReturnType<DataBaker['bake']>> | undefined;
    for (const baker of of(order.source)) {
      const version = baked && { version: baked.version };
      baked = { ...baked, ...(await baker.bake({ ...order, ...version }, call)) };
    }
    return baked ?? { version: order.stamp, bytes: 0 };
  },
  async sweep(source, call) {
    for (const baker of of(source)) await baker.sweep(source, call);
  },
  async keepOnly(source, versions, call) {
    for (const baker of of(source)) await baker.keepOnly(source, versions, call);
  },
  async isThere(source, version) {
    for (const baker of of(source)) if (!((await baker.isThere?.(source, version)) ?? true)) return false;
    return true;
  },
});
