import assert from 'node:assert/strict';
import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { News } from '../../src/domain/news.ts';
import { remedyOf } from '../../src/domain/wizard-error.ts';
import type { Announcer } from '../../src/ports/announcer.ts';
import { aCall, aNews, aSha } from '../builders.ts';
import { type Cannot, type Check, type LawBook, type NotYet, registerLaws } from './law-book.ts';
import type { ResourceWorld } from './resource-world.ts';
import { promptly } from './settle.ts';

/** A message as people see it now; `text` is whatever shows the state. Oldest first. */
export interface SeenMessage {
  readonly id: string;
  readonly text: string;
}

export interface AnnouncerWorld {
  readonly announcer: Announcer;
  /** Another over the same place, as after a restart. */
  reopen?(): Announcer;
  /** All messages about environments that are there now, strangers' included, oldest first. */
  messages(): Promise<readonly SeenMessage[]>;
  /** Posts, edits and deletions so far, if they can be counted. */
  mutations?(): number;
  /** Someone removes a message by hand. */
  remove(id: string): Promise<void>;
  /** A message of someone else, perhaps quoting ours without being it; answers its id. */
  plantStranger?(): Promise<string>;
  /** The next post arrives but its answer is lost. */
  loseNextAnswer?(): void;
  readonly troubles?: ResourceWorld['troubles'];
  close(): Promise<void>;
}

const say = (world: AnnouncerWorld, news: News, last?: JsonObject, by: Announcer = world.announcer) =>
  promptly('announce', by.announce(news, last, aCall()), 5000);

const live = aNews({ phase: 'live', because: 'it serves', liveSha: aSha(1) });

const sameTwice: Check<AnnouncerWorld> = async (world) => {
  const handle = await say(world, aNews());
  const before = await world.messages();
  const effects = world.mutations?.();
  await say(world, aNews(), handle);
  assert.equal(before.length, 1);
  assert.deepEqual(await world.messages(), before);
  if (effects !== undefined) assert.equal(world.mutations?.(), effects, 'the same again changes nothing');
  return undefined;
};

const editsInPlace: Check<AnnouncerWorld> = async (world) => {
  const handle = await say(world, aNews());
  const [before] = await world.messages();
  await say(world, live, handle);
  const after = await world.messages();
  assert.equal(after.length, 1);
  assert.equal(after[0]?.id, before?.id);
  assert.notEqual(after[0]?.text, before?.text);
  return undefined;
};

const foundByMarker: Check<AnnouncerWorld> = async (world) => {
  await say(world, aNews());
  const [before] = await world.messages();
  await say(world, live, undefined, world.reopen?.());
  const after = await world.messages();
  assert.deepEqual(
    after.map(({ id }) => id),
    [before?.id],
  );
  return undefined;
};

const lostAnswer: Check<AnnouncerWorld> = async (world) => {
  if (!world.loseNextAnswer) return 'this world cannot lose an answer';
  world.loseNextAnswer();
  await Promise.allSettled([say(world, aNews())]);
  await say(world, live);
  assert.equal((await world.messages()).length, 1);
  return undefined;
};

const removedByHand: Check<AnnouncerWorld> = async (world) => {
  const handle = await say(world, aNews());
  const [before] = await world.messages();
  await world.remove(before?.id ?? '');
  await say(world, live, handle);
  assert.equal((await world.messages()).length, 1, 'it is posted once more');
  return undefined;
};

const strangersStay: Check<AnnouncerWorld> = async (world) => {
  if (!world.plantStranger) return 'this world has no strangers';
  const stranger = await world.plantStranger();
  const before = (await world.messages()).find(({ id }) => id === stranger);
  const handle = await say(world, aNews());
  await say(world, live, handle);
  await say(world, live);
  const after = await world.messages();
  assert.deepEqual(
    after.find(({ id }) => id === stranger),
    before,
  );
  assert.equal(after.length, 2);
  return undefined;
};

const twoEnvironments: Check<AnnouncerWorld> = async (world) => {
  const other = { environment: 'shop-70' as EnvironmentId, number: 70 };
  await say(world, aNews());
  await say(world, aNews(other));
  await say(world, { ...live, ...other });
  assert.equal((await world.messages()).length, 2);
  return undefined;
};

const neverAnnounced: Check<AnnouncerWorld> = async (world) => {
  const ended = aNews({ phase: 'closed', because: 'the pull request was closed', worthAMessage: false });
  await say(world, ended);
  assert.deepEqual(await world.messages(), []);
  const handle = await say(world, aNews());
  const [before] = await world.messages();
  await say(world, ended, handle);
  const after = await world.messages();
  assert.equal(after.length, 1);
  assert.notEqual(after[0]?.text, before?.text, 'an existing message is still edited');
  return undefined;
};

const handleIsData: Check<AnnouncerWorld> = async (world) => {
  const handle = await say(world, aNews());
  await say(world, live, JSON.parse(JSON.stringify(handle)) as JsonObject);
  assert.deepEqual(JSON.parse(JSON.stringify(handle)), handle);
  assert.equal((await world.messages()).length, 1);
  return undefined;
};

const aborted: Check<AnnouncerWorld> = async (world) => {
  const call = aCall({ signal: AbortSignal.abort() });
  await assert.rejects(promptly('announce', world.announcer.announce(aNews(), undefined, call), 5000));
  await say(world, aNews());
  assert.equal((await world.messages()).length, 1);
  return undefined;
};

const rightRemedy: Check<AnnouncerWorld> = async (world) => {
  if (!world.troubles) return 'this world has no troubles to offer';
  for (const trouble of world.troubles) {
    await assert.rejects(trouble.provoke(), (error) => {
      assert.equal(remedyOf(error), trouble.remedy, `${trouble.what}: ${String(error)}`);
      return true;
    });
  }
  return undefined;
};

export const announcerLawBook: LawBook<AnnouncerWorld> = {
  'the same news twice is one message': sameTwice,
  'other news edits the message in place': editsInPlace,
  'without a handle a message is found by its marker': foundByMarker,
  'a post whose answer was lost is not posted again': lostAnswer,
  'a message removed by hand is posted once more': removedByHand,
  "a stranger's message is never touched": strangersStay,
  'two environments have a message each': twoEnvironments,
  'what ended without being announced makes no message': neverAnnounced,
  'handles survive JSON': handleIsData,
  'an aborted signal rejects promptly and posts nothing twice': aborted,
  'refusals have the right remedy': rightRemedy,
};

/** Registers every law of src/ports/announcer.ts as a test of this one. */
export function announcerLaws(about: {
  readonly name: string;
  readonly newWorld: () => AnnouncerWorld | Promise<AnnouncerWorld>;
  readonly notYet?: readonly NotYet[];
  readonly cannot?: Cannot;
}): void {
  registerLaws({ laws: announcerLawBook, notYet: [], cannot: {}, ...about });
}
