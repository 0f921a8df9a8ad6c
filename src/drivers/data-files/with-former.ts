import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { MadeDirectories } from '../../kit/made-directory.ts';
import type { Call } from '../../ports/call.ts';

/** Directories that are made in one place, while some of before are still in another. */
export function withFormer(now: MadeDirectories, former: MadeDirectories): MadeDirectories {
  const whose = async (claim: Claim, spec: JsonObject, call: Call): Promise<MadeDirectories> =>
    (await former.observe(claim, spec, call)).is === 'absent' ? now : former;
  return {
    begin: async (claim, spec, make, call) => (await whose(claim, spec, call)).begin(claim, spec, make, call),
    observe: async (claim, spec, call) => (await whose(claim, spec, call)).observe(claim, spec, call),
    async remove(claim, call) {
      await Promise.all([former.remove(claim, call), now.remove(claim, call)]);
    },
    async *owned(call) {
      const told = new Set<string>();
      for (const place of [former, now]) {
        for await (const claim of place.owned(call)) {
          if (!told.has(claimName(claim))) yield claim;
          told.add(claimName(claim));
        }
      }
    },
    specs: async () => [...(await former.specs()), ...(await now.specs())],
    async close() {
      await Promise.all([former.close(), now.close()]);
    },
  };
}
