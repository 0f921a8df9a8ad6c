import assert from 'node:assert/strict';
import { type Claim, claimName, type EnvironmentId } from '../../src/domain/claim.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Remedy } from '../../src/domain/wizard-error.ts';
import type { Observation, ResourceDriver } from '../../src/ports/resource-driver.ts';
import { aCall, aClaim } from '../builders.ts';
import { promptly, type Settle } from './settle.ts';

/** A fresh outside for one law. What a world cannot do is left out; the laws that need it then want a reason in `cannot`. */
export interface ResourceWorld {
  readonly driver: ResourceDriver;
  /** A second driver over the same outside, as after a restart of the server (the first is not used any more). */
  reopen?(): ResourceDriver | Promise<ResourceDriver>;
  /** What to ask for. A function where two claims must not ask for the same (hosts, directories). */
  readonly spec: JsonObject | ((claim: Claim) => JsonObject);
  /** Another one for the same claim. */
  readonly otherSpec?: JsonObject | ((claim: Claim) => JsonObject);
  /** Something of this kind that is not ours. */
  readonly strangers?: { plant(): Promise<void>; untouched(): Promise<boolean> };
  /** Removes it without the driver. */
  deleteBehindBack?(claim: Claim): Promise<void>;
  /** Leaves it as a create that was killed half way would. */
  halfMake?(claim: Claim): Promise<void>;
  /** How many of it there are outside, whatever the driver says. */
  count?(claim: Claim): Promise<number>;
  /** What must fail with this remedy: bad credentials, a refused size, a dropped connection. It rejects, or answers a broken observation. */
  readonly troubles?: readonly { readonly what: string; readonly remedy: Remedy; provoke(): Promise<unknown> }[];
  /** Text that must not be in facts. */
  readonly secrets?: readonly string[];
  /** The role to use; default `web.3f9a2c1d`. In-place kinds say `route`. */
  readonly role?: string;
  /** How many to list at once, to get past one page; default 7. */
  readonly many?: number;
  readonly settle: Settle;
  readonly timeToSettleMs: number;
  /** Real milliseconds within which each call must return; default 5000. */
  readonly promptMs?: number;
  /** Removes all that is left. */
  close(): Promise<void>;
}

const specFrom = (given: ResourceWorld['spec'], claim: Claim): JsonObject =>
  typeof given === 'function' ? given(claim) : given;

/** Creates it and answers how it broke: for kinds whose troubles are seen later, not thrown at once. */
export async function brokenBy(
  { driver, settle }: Pick<ResourceWorld, 'driver' | 'settle'>,
  claim: Claim,
  spec: JsonObject,
): Promise<Observation> {
  await driver.create(claim, spec, aCall());
  let seen: Observation = { is: 'absent' };
  await settle(async () => {
    seen = await driver.observe(claim, spec, aCall());
    return seen.is === 'broken' || seen.is === 'ready';
  });
  return seen;
}

/** A world with the questions that laws ask of it. */
export function asked(world: ResourceWorld, driver: ResourceDriver = world.driver) {
  const prompt = <Answer>(what: string, answer: Promise<Answer>): Promise<Answer> =>
    promptly(what, answer, world.promptMs ?? 5000);
  const spec = (claim: Claim): JsonObject => specFrom(world.spec, claim);
  const observe = (claim: Claim, wanted = spec(claim)): Promise<Observation> =>
    prompt('observe', driver.observe(claim, wanted, aCall()));
  const owned = async (): Promise<Claim[]> => {
    const claims: Claim[] = [];
    for await (const claim of driver.owned(aCall())) claims.push(claim);
    return claims;
  };
  const until = async (
    claim: Claim,
    states: readonly Observation['is'][],
    wanted = spec(claim),
  ): Promise<Observation> => {
    let seen: Observation = { is: 'absent' };
    await world.settle(async () => {
      seen = await observe(claim, wanted);
      if (seen.is === 'broken' && !states.includes('broken')) assert.fail(`broken: ${seen.note}`);
      return states.includes(seen.is);
    });
    return seen;
  };
  return {
    driver,
    spec,
    other: (claim: Claim): JsonObject | undefined =>
      world.otherSpec === undefined ? undefined : specFrom(world.otherSpec, claim),
    claim: (over: Partial<Claim> = {}): Claim => aClaim({ role: world.role ?? 'web.3f9a2c1d', ...over }),
    observe,
    owned,
    create: (claim: Claim, wanted = spec(claim)) => prompt('create', driver.create(claim, wanted, aCall())),
    destroy: (claim: Claim) => prompt('destroy', driver.destroy(claim, aCall())),
    prompt,
    ready: (claim: Claim, wanted = spec(claim)) => until(claim, ['ready'], wanted),
    gone: (claim: Claim) => until(claim, ['absent']),
    until,
    /** Gone by every way of asking; listings may lag a little. */
    nothingLeft: (claim: Claim): Promise<void> =>
      world.settle(async () => {
        const seen = await observe(claim);
        const listed = (await owned()).some((other) => claimName(other) === claimName(claim));
        return seen.is === 'absent' && !listed && (world.count === undefined || (await world.count(claim)) === 0);
      }),
    /** Exactly one of it, by the driver's list and by the world's own count. */
    async onlyOne(claim: Claim): Promise<void> {
      const same = (await owned()).filter(
        (other) => other.environment === claim.environment && other.role === claim.role,
      );
      assert.deepEqual(same, [claim], 'owned lists it once');
      if (world.count) assert.equal(await world.count(claim), 1, 'there is one of it outside');
    },
  };
}

export type Asked = ReturnType<typeof asked>;

export const otherEnvironment = 'shop-8' as EnvironmentId;

export const byName = (claims: readonly Claim[]): string[] =>
  claims.map((claim) => `${claim.environment} ${claim.role} ${claim.generation}`).sort();
