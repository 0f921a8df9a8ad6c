import assert from 'node:assert/strict';
import { aCall } from '../builders.ts';
import type { Check, LawBook } from './law-book.ts';
import { asked, type ResourceWorld } from './resource-world.ts';

const neverMade: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  assert.deepEqual(await ask.observe(ask.claim()), { is: 'absent' });
  assert.deepEqual(await ask.owned(), []);
  assert.deepEqual(await ask.observe(ask.claim()), { is: 'absent' });
  if (world.count) assert.equal(await world.count(ask.claim()), 0);
  return undefined;
};

const reachesReady: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  const seen = await ask.ready(ask.claim());
  assert.ok(seen.is === 'ready');
  assert.deepEqual(seen.drift, [], 'what was just made is as asked');
  assert.deepEqual(await ask.observe(ask.claim()), seen, 'a second look sees the same');
  return undefined;
};

const createTwice: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  await ask.onlyOne(ask.claim());
  return undefined;
};

const createAtOnce: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const answers = await Promise.allSettled([ask.create(ask.claim()), ask.create(ask.claim())]);
  assert.ok(
    answers.some((answer) => answer.status === 'fulfilled'),
    `one of the two is answered well: ${answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason) : 'well')).join('; ')}`,
  );
  await ask.ready(ask.claim());
  await ask.onlyOne(ask.claim());
  return undefined;
};

const afterLostAnswer: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  const again = world.reopen ? asked(world, await world.reopen()) : ask;
  await again.create(ask.claim());
  await again.ready(ask.claim());
  await again.onlyOne(ask.claim());
  return undefined;
};

const changedSpecSecondTime: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const other = ask.other(ask.claim());
  if (other === undefined) return 'this world has no other spec';
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  await Promise.allSettled([ask.create(ask.claim(), other)]);
  await ask.until(ask.claim(), ['ready', 'broken']);
  await ask.onlyOne(ask.claim());
  return undefined;
};

const afterRestart: Check<ResourceWorld> = async (world) => {
  if (!world.reopen) return 'this world cannot be opened a second time';
  const before = asked(world);
  const claim = before.claim();
  await before.create(claim);
  await before.ready(claim);
  const after = asked(world, await world.reopen());
  await after.ready(claim);
  await after.onlyOne(claim);
  await after.destroy(claim);
  await after.gone(claim);
  assert.deepEqual(await after.owned(), []);
  return undefined;
};

const driftAndUpdate: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  const other = ask.other(ask.claim());
  if (other === undefined) return 'this world has no other spec';
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  const drifted = await ask.observe(ask.claim(), other);
  assert.ok(drifted.is === 'ready' && drifted.drift.length > 0, 'another spec shows as drift');
  if (!ask.driver.update) return undefined;
  await ask.prompt('update', ask.driver.update(ask.claim(), other, aCall()));
  await world.settle(async () => {
    const now = await ask.observe(ask.claim(), other);
    return now.is === 'ready' && now.drift.length === 0;
  });
  await ask.onlyOne(ask.claim());
  return undefined;
};

/** How things come to be. */
export const beginningLaws: LawBook<ResourceWorld> = {
  'observing what was never made says absent and changes nothing': neverMade,
  'create, then observe, reaches ready in time, and create does not wait for it': reachesReady,
  'create twice is one resource': createTwice,
  'two creates at once are one resource': createAtOnce,
  'a create whose answer was lost, repeated, is one resource': afterLostAnswer,
  'a create repeated with a changed spec makes no second one': changedSpecSecondTime,
  'a restarted server finds what was made': afterRestart,
  'a changed spec shows as drift; update ends it, or the method is missing': driftAndUpdate,
};
