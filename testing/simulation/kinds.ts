import { type Claim, claimName } from '../../src/domain/claim.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { stableHash } from '../../src/domain/stable-hash.ts';
import type { MemoryDriverOptions } from '../../src/drivers/memory/memory-driver.ts';
import type { DriverTraits } from '../../src/ports/resource-driver.ts';
import { commitKind } from './commits.ts';

type KindOptions = Omit<MemoryDriverOptions, 'world' | 'changed'>;

/** The port that a process of this claim listens on: what the route must point at. */
export const portOf = (claim: Claim): number =>
  10_000 + (Number.parseInt(stableHash(claimName(claim), 6), 16) % 50_000);

const traits = (over: Partial<DriverTraits>): DriverTraits => ({
  visibleAfterMs: 0,
  lateMs: 0,
  lookEveryMs: 60_000,
  replacing: 'costly',
  ...over,
});

const path = (claim: Claim): JsonObject => ({ path: `/files/${claimName(claim)}` });

/** The kinds of the embedded target. `cloudy`: as if each were far away, shown late and answering late. */
export function kindsOf(cloudy: boolean): KindOptions[] {
  // What is near tells of itself, and is left alone at first.
  const far = traits(cloudy ? { visibleAfterMs: 2_000, lateMs: 20_000, lookEveryMs: 30_000 } : { firstLookMs: 100 });
  const process = { ...far, replacing: 'cheap' as const };
  return [
    {
      kind: 'checkout',
      traits: far,
      arrivesAfterMs: 800,
      leavesAfterMs: 200,
      facts: path,
      updates: false,
      outcome: (_claim, spec) =>
        commitKind(String(spec['sha'])) === 'pushed-away'
          ? { note: 'it is no longer there', code: 'checkout/superseded', remedy: 'change-input' }
          : undefined,
    },
    { kind: 'data-files', traits: far, arrivesAfterMs: 1_500, leavesAfterMs: 300, facts: path, updates: false },
    {
      kind: 'command',
      traits: far,
      arrivesAfterMs: 3_000,
      leavesAfterMs: 100,
      facts: () => ({}),
      updates: false,
      outcome: (_claim, spec) =>
        commitKind(String(spec['revision'])) === 'breaks-build'
          ? { note: 'it ended with 1', remedy: 'change-input', lastLines: ['error: no'] }
          : undefined,
    },
    {
      kind: 'process',
      traits: process,
      arrivesAfterMs: 1_200,
      leavesAfterMs: 500,
      facts: (claim) => ({ port: portOf(claim) }),
      updates: false,
    },
    {
      kind: 'route',
      traits: traits(cloudy ? { lateMs: 5_000 } : {}),
      arrivesAfterMs: 0,
      leavesAfterMs: 50,
      facts: (_claim, spec) => ({ revision: spec['revision'] ?? null }),
      updates: true,
    },
  ];
}
