import assert from 'node:assert/strict';
import type { Claim, EnvironmentId } from '../../src/domain/claim.ts';
import type { Check, LawBook } from './law-book.ts';
import { asked, byName, otherEnvironment, type ResourceWorld } from './resource-world.ts';

const listsExactlyOurs: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const claims = Array.from(
    { length: world.many ?? 7 },
    (_, index): Claim => ask.claim({ environment: `shop-${index + 1}` as EnvironmentId }),
  );
  for (const claim of claims) await ask.create(claim);
  for (const claim of claims) await ask.ready(claim);
  assert.deepEqual(byName(await ask.owned()), byName(claims));
  const restarted = world.reopen ? asked(world, await world.reopen()) : ask;
  assert.deepEqual(byName(await restarted.owned()), byName(claims));
  for (const claim of claims) await restarted.destroy(claim);
  for (const claim of claims) await restarted.gone(claim);
  assert.deepEqual(await restarted.owned(), []);
  return undefined;
};

const leavesStrangersAlone: Check<ResourceWorld> = async (world) => {
  if (!world.strangers) return 'this world has no strangers';
  const ask = asked(world);
  await world.strangers.plant();
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  assert.deepEqual(byName(await ask.owned()), byName([ask.claim()]));
  await ask.destroy(ask.claim());
  await ask.gone(ask.claim());
  assert.deepEqual(await ask.owned(), []);
  assert.ok(await world.strangers.untouched(), "the stranger's is as it was");
  return undefined;
};

const twoEnvironments: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const mine = ask.claim();
  const other = ask.claim({ environment: otherEnvironment });
  await ask.create(mine);
  await ask.ready(mine);
  assert.deepEqual(await ask.observe(other), { is: 'absent' });
  await ask.destroy(other);
  assert.equal((await ask.observe(mine)).is, 'ready');
  await ask.create(other);
  await ask.ready(other);
  await ask.destroy(mine);
  await ask.gone(mine);
  assert.equal((await ask.observe(other)).is, 'ready');
  assert.deepEqual(byName(await ask.owned()), byName([other]));
  return undefined;
};

const namesThatBeginAlike: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const short = ask.claim({ environment: 'shop-1' as EnvironmentId });
  const long = ask.claim({ environment: 'shop-11' as EnvironmentId });
  await ask.create(short);
  await ask.create(long);
  await ask.ready(short);
  await ask.ready(long);
  await ask.destroy(short);
  await ask.gone(short);
  assert.equal((await ask.observe(long)).is, 'ready');
  return undefined;
};

/** Whose things are whose. */
export const ownershipLaws: LawBook<ResourceWorld> = {
  'owned lists exactly our claims and survives paging': listsExactlyOurs,
  "a stranger's resource is never listed and never touched": leavesStrangersAlone,
  'two environments do not see each other': twoEnvironments,
  'a name that begins like another is another': namesThatBeginAlike,
};
