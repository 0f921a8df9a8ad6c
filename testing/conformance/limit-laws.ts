import assert from 'node:assert/strict';
import type { Claim, EnvironmentId } from '../../src/domain/claim.ts';
import { plainRole } from '../../src/domain/claim.ts';
import { type Remedy, remedyOf } from '../../src/domain/wizard-error.ts';
import type { Observation } from '../../src/ports/resource-driver.ts';
import { aCall } from '../builders.ts';
import type { Check, LawBook } from './law-book.ts';
import { asked, type ResourceWorld } from './resource-world.ts';

const alreadyAborted: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const claim = ask.claim();
  const aborted = (): ReturnType<typeof aCall> => aCall({ signal: AbortSignal.abort() });
  await assert.rejects(ask.prompt('create', ask.driver.create(claim, ask.spec(claim), aborted())), 'create rejects');
  await assert.rejects(ask.prompt('observe', ask.driver.observe(claim, ask.spec(claim), aborted())), 'observe rejects');
  await assert.rejects(ask.prompt('destroy', ask.driver.destroy(claim, aborted())), 'destroy rejects');
  await ask.create(claim);
  await ask.ready(claim);
  await ask.onlyOne(claim);
  return undefined;
};

const abortedHalfWay: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const claim = ask.claim();
  const controller = new AbortController();
  const begun = ask.driver.create(claim, ask.spec(claim), aCall({ signal: controller.signal }));
  controller.abort();
  await Promise.allSettled([ask.prompt('an aborted create', begun)]);
  await ask.observe(claim);
  await ask.destroy(claim);
  await ask.gone(claim);
  const next = ask.claim({ generation: 2 });
  await ask.create(next);
  await ask.ready(next);
  await ask.onlyOne(next);
  return undefined;
};

const factsAreData: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  const seen = await ask.ready(ask.claim());
  assert.ok(seen.is === 'ready');
  const text = JSON.stringify(seen.facts);
  assert.deepEqual(JSON.parse(text), seen.facts, 'facts survive JSON');
  for (const secret of world.secrets ?? []) assert.ok(!text.includes(secret), 'facts hold no secret');
  return undefined;
};

/** What a trouble ended with; `remedy` is missing when it was none. */
async function cameOf(provoke: () => Promise<unknown>): Promise<{ remedy?: Remedy; said: string }> {
  let seen: unknown;
  try {
    seen = await provoke();
  } catch (error) {
    return { remedy: remedyOf(error), said: String(error) };
  }
  const { is, note, remedy } = Object(seen) as Partial<Observation & { is: 'broken' }>;
  return is === 'broken' && remedy !== undefined ? { remedy, said: note ?? '' } : { said: 'nothing went wrong' };
}

const rightRemedy: Check<ResourceWorld> = async (world) => {
  if (!world.troubles) return 'this world has no troubles to offer';
  for (const trouble of world.troubles) {
    const { remedy, said } = await cameOf(trouble.provoke);
    assert.equal(remedy, trouble.remedy, `${trouble.what}: ${said}`);
  }
  return undefined;
};

/** The longest claim there can be, and one of digits and hyphens. */
function strangeClaims(role: string): Claim[] {
  const beside = role.includes('.');
  const roleOf = (name: string): string => (beside ? `${name}.ffffffff` : name);
  return [
    { environment: `${'e'.repeat(39)}9` as EnvironmentId, role: roleOf('r'.repeat(40)), generation: 999_999_999 },
    { environment: '0-0--0' as EnvironmentId, role: roleOf('9-9'), generation: 1 },
    { environment: 'constructor' as EnvironmentId, role: roleOf(plainRole(role)), generation: 1 },
  ];
}

const strangeNames: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  for (const claim of strangeClaims(ask.claim().role)) {
    await ask.create(claim);
    await ask.ready(claim);
    await ask.onlyOne(claim);
    await ask.destroy(claim);
    await ask.gone(claim);
    assert.deepEqual(await ask.owned(), []);
  }
  return undefined;
};

/** Time, failure and names. */
export const limitLaws: LawBook<ResourceWorld> = {
  'a signal that was aborted before rejects promptly and leaves nothing wrong': alreadyAborted,
  'a signal aborted half way ends the call promptly and leaves a state that can be observed': abortedHalfWay,
  'facts survive JSON and hold no secret': factsAreData,
  'bad credentials, a refused size and a dropped connection give the right remedy': rightRemedy,
  'the longest and strangest legal names work': strangeNames,
};
