import assert from 'node:assert/strict';
import type { Check, LawBook } from './law-book.ts';
import { asked, type ResourceWorld } from './resource-world.ts';

const destroyAbsent: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.destroy(ask.claim());
  assert.deepEqual(await ask.observe(ask.claim()), { is: 'absent' });
  assert.deepEqual(await ask.owned(), []);
  return undefined;
};

const destroyTwice: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  await ask.destroy(ask.claim());
  await ask.destroy(ask.claim());
  await ask.gone(ask.claim());
  await ask.destroy(ask.claim());
  assert.deepEqual(await ask.observe(ask.claim()), { is: 'absent' });
  return undefined;
};

const destroyWhileArriving: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  await ask.destroy(ask.claim());
  await ask.nothingLeft(ask.claim());
  assert.deepEqual(await ask.owned(), []);
  return undefined;
};

const endsAbsent: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  await ask.destroy(ask.claim());
  const { is } = await ask.observe(ask.claim());
  assert.ok(is === 'leaving' || is === 'absent', `after destroy it is ${is}`);
  await ask.nothingLeft(ask.claim());
  assert.deepEqual(await ask.owned(), []);
  return undefined;
};

const destroyedByAnother: Check<ResourceWorld> = async (world) => {
  if (!world.reopen) return 'this world cannot be opened a second time';
  const ask = asked(world);
  await ask.create(ask.claim());
  const after = asked(world, await world.reopen());
  await after.destroy(ask.claim());
  await after.nothingLeft(ask.claim());
  assert.deepEqual(await after.owned(), []);
  return undefined;
};

const nextGeneration: Check<ResourceWorld> = async (world) => {
  const ask = asked(world);
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  await ask.destroy(ask.claim());
  await ask.gone(ask.claim());
  const next = ask.claim({ generation: 2 });
  await ask.create(next);
  await ask.ready(next);
  await ask.onlyOne(next);
  assert.deepEqual(await ask.observe(ask.claim()), { is: 'absent' }, 'the last generation stays gone');
  return undefined;
};

const behindOurBack: Check<ResourceWorld> = async (world) => {
  if (!world.deleteBehindBack) return 'this world cannot delete behind our back';
  const ask = asked(world);
  await ask.create(ask.claim());
  await ask.ready(ask.claim());
  await world.deleteBehindBack(ask.claim());
  const { is } = await ask.until(ask.claim(), ['absent', 'broken']);
  if (is === 'broken') await ask.destroy(ask.claim());
  await ask.nothingLeft(ask.claim());
  assert.deepEqual(await ask.owned(), []);
  return undefined;
};

const halfMade: Check<ResourceWorld> = async (world) => {
  if (!world.halfMake) return 'this world cannot leave something half-made';
  const ask = asked(world);
  await world.halfMake(ask.claim());
  const { is } = await ask.observe(ask.claim());
  assert.ok(is === 'broken' || is === 'absent' || is === 'arriving', `half-made is ${is}`);
  await ask.destroy(ask.claim());
  await ask.nothingLeft(ask.claim());
  assert.deepEqual(await ask.owned(), []);
  return undefined;
};

/** How things end. */
export const endingLaws: LawBook<ResourceWorld> = {
  'destroying the absent is fine': destroyAbsent,
  'destroying twice is fine': destroyTwice,
  'destroying while arriving works': destroyWhileArriving,
  'after destroy it is leaving or absent, ends absent, and owned does not list it': endsAbsent,
  'a restarted server can destroy what was arriving': destroyedByAnother,
  'the next generation can be created after the last is gone': nextGeneration,
  'something deleted behind our back is seen as absent, or as broken and can be destroyed': behindOurBack,
  'half-made is never ready and never an exception, and can be destroyed': halfMade,
};
