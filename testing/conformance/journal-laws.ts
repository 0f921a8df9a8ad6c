import assert from 'node:assert/strict';
import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { RepositoryId } from '../../src/domain/pull-request.ts';
import type { TimelineEntry } from '../../src/ports/store.ts';
import { aClaim, aRepository, aResource } from '../builders.ts';
import type { Check, LawBook } from './law-book.ts';
import { aMark, type StoreWorld, shop7, strangeTexts } from './store-laws.ts';

const intentSurvives: Check<StoreWorld> = async ({ store }) => {
  const spec = { run: ['sh', '-euc', 'x'], deep: { a: [1, null, true, '🧙'] } };
  const parked = { remedy: 'change-input', code: 'a/b', message: 'no', lastLines: ['x'], at: 3 } as const;
  const resource = aResource({ spec, needs: ['checkout.1'], intendedAt: 5, notBefore: 6, parked });
  await store.resources.intend(resource);
  assert.deepEqual(await store.resources.of(shop7), [resource]);
  const next = aResource({ generation: 2, intendedAt: 9 });
  await store.resources.intend(next);
  assert.deepEqual(await store.resources.of(shop7), [next], 'the next intent replaces the last of this role');
  assert.deepEqual(await store.resources.of('shop-8' as EnvironmentId), []);
  return undefined;
};

const notes: Check<StoreWorld> = async ({ store }) => {
  const resource = aResource({ spec: { port: 1 }, needs: ['a'] });
  await store.resources.intend(resource);
  await store.resources.intend(aResource({ role: 'route' }));
  await store.resources.note(shop7, resource.role, {
    status: 'ready',
    facts: { port: 2 },
    acknowledgedAt: 3,
    readyAt: 4,
  });
  const noted = { ...resource, status: 'ready', facts: { port: 2 }, acknowledgedAt: 3, readyAt: 4 } as const;
  assert.deepEqual(await store.resources.of(shop7), [aResource({ role: 'route' }), noted]);
  await store.resources.note(shop7, resource.role, { acknowledgedAt: undefined, readyAt: undefined });
  await store.resources.note(shop7, resource.role, {});
  const unsaid = { ...noted, acknowledgedAt: undefined, readyAt: undefined };
  assert.deepEqual(await store.resources.of(shop7), [aResource({ role: 'route' }), unsaid]);
  await store.resources.note(shop7, 'never-intended', { status: 'ready' });
  assert.equal((await store.resources.of(shop7)).length, 2, 'a note makes no record');
  return undefined;
};

const adopts: Check<StoreWorld> = async ({ store }) => {
  const generation = async (): Promise<readonly unknown[]> =>
    (await store.resources.of(shop7)).map((one) => [one.generation, one.goneAt]);
  await store.resources.adopt(aClaim({ generation: 3 }), 'process', 10);
  assert.deepEqual(await generation(), [[3, undefined]]);
  const [found] = await store.resources.of(shop7);
  assert.equal(found?.acknowledgedAt, 10, 'it is there, so it was answered');
  await store.resources.adopt(aClaim({ generation: 1 }), 'process', 11);
  assert.deepEqual(await generation(), [[3, undefined]], 'the highest generation stays');
  await store.resources.note(shop7, aClaim().role, { facts: { port: 1 }, status: 'ready' });
  await store.resources.adopt(aClaim({ generation: 3 }), 'process', 12);
  assert.equal((await store.resources.of(shop7))[0]?.status, 'ready', 'what is known is not touched');
  await store.resources.adopt(aClaim({ generation: 4 }), 'process', 13);
  assert.deepEqual(await generation(), [[4, undefined]]);
  const parked = { remedy: 'change-input', code: 'a/b', message: '', lastLines: [], at: 1 } as const;
  await store.resources.note(shop7, aClaim().role, { goneAt: 14, parked, notBefore: 1e15 });
  await store.resources.adopt(aClaim({ generation: 4 }), 'process', 15);
  const [revived] = await store.resources.of(shop7);
  assert.deepEqual([revived?.goneAt, revived?.parked, revived?.notBefore], [undefined, undefined, 0]);
  return undefined;
};

const generationNeverFalls: Check<StoreWorld> = async ({ store }) => {
  await store.resources.intend(aResource({ generation: 5, status: 'ready' }));
  await store.resources.note(shop7, aClaim().role, { goneAt: 14, status: 'absent' });
  assert.equal(
    await store.resources.adopt(aClaim({ generation: 3 }), 'process', 15),
    5,
    'the answer says who is ahead',
  );
  const [kept] = await store.resources.of(shop7);
  assert.deepEqual([kept?.generation, kept?.goneAt], [5, 14], 'what came late does not revive what is over');
  assert.equal(await store.resources.adopt(aClaim({ generation: 5 }), 'process', 16), 5);
  assert.equal((await store.resources.of(shop7))[0]?.goneAt, undefined);
  const many = [4, 9, 6, 8, 7].map((generation) => store.resources.adopt(aClaim({ generation }), 'process', 17));
  await Promise.all(many);
  assert.equal((await store.resources.of(shop7))[0]?.generation, 9, 'whoever comes last');
  // Whoever read the record before that would write an older one over it.
  await assert.rejects(store.resources.intend(aResource({ generation: 6 })), { code: 'store/overtaken' });
  assert.equal((await store.resources.of(shop7))[0]?.generation, 9);
  return undefined;
};

const lives: Check<StoreWorld> = async ({ store }) => {
  await store.resources.intend(aResource({ role: 'a' }));
  await store.resources.intend(aResource({ role: 'b', goneAt: 0 }));
  await store.resources.intend(aResource({ role: 'c', environment: 'shop-8' as EnvironmentId, generation: 4 }));
  const live = (await store.resources.live()).toSorted((a, b) => (a.role < b.role ? -1 : 1));
  assert.deepEqual(live, [
    { environment: shop7, role: 'a', generation: 1 },
    { environment: 'shop-8', role: 'c', generation: 4 },
  ]);
  return undefined;
};

const prunesRoles: Check<StoreWorld> = async ({ store }) => {
  await store.resources.intend(aResource({ role: 'a', goneAt: 9 }));
  await store.resources.intend(aResource({ role: 'b', goneAt: 10 }));
  await store.resources.intend(aResource({ role: 'c' }));
  await store.resources.intend(aResource({ role: 'd', environment: 'shop-8' as EnvironmentId, goneAt: 9 }));
  await store.resources.prune(10);
  assert.deepEqual(
    (await store.resources.of(shop7)).map(({ role }) => role),
    ['b', 'c'],
  );
  assert.deepEqual(await store.resources.of('shop-8' as EnvironmentId), []);
  return undefined;
};

const strange: Check<StoreWorld> = async ({ store }) => {
  await store.resources.intend(aResource());
  for (const text of strangeTexts) {
    await store.resources.note(shop7, aClaim().role, { note: text, facts: { [text]: text } });
    const [kept] = await store.resources.of(shop7);
    assert.equal(kept?.note, text);
    assert.deepEqual(kept.facts, { [text]: text });
  }
  // What a program printed becomes a note: a NUL in it must not keep the note from being written.
  await store.resources.note(shop7, aClaim().role, { note: 'a\0b', facts: { line: 'a\0b' } });
  const [kept] = await store.resources.of(shop7);
  assert.match(kept?.note ?? '', /^a[\0\ufffd]b$/);
  assert.deepEqual(kept?.facts, { line: 'a\0b' });
  return undefined;
};

const fractions: Check<StoreWorld> = async ({ store }) => {
  await store.resources.intend(aResource({ notBefore: 1500.5 }));
  const [kept] = await store.resources.of(shop7);
  assert.ok(Math.abs((kept?.notBefore ?? 0) - 1500.5) <= 0.5);
  return undefined;
};

const entry = (over: Partial<Omit<TimelineEntry, 'id'>> = {}): Omit<TimelineEntry, 'id'> => ({
  environment: shop7,
  at: 1,
  about: 'web',
  what: 'ready',
  message: 'ready',
  tookMs: undefined,
  details: {},
  ...over,
});

const timeline: Check<StoreWorld> = async ({ store }) => {
  for (const at of [30, 10, 20]) await store.timeline.add(entry({ at, details: { at, deep: [null] } }));
  await store.timeline.add(entry({ environment: 'shop-8' as EnvironmentId }));
  const all = await store.timeline.list(shop7, { limit: 9 });
  assert.deepEqual(
    all.map(({ id, ...said }) => said),
    [30, 10, 20].map((at) => entry({ at, details: { at, deep: [null] } })),
    'in the order of writing, whatever the clock said',
  );
  const [first, second] = all;
  assert.deepEqual(await store.timeline.list(shop7, { after: first?.id ?? 0, limit: 1 }), [second]);
  return undefined;
};

const medians: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  const other = { id: '2002' as RepositoryId, name: 'other/shop' };
  await store.environments.mark(aMark({ repository: other, ids: ['other-7' as EnvironmentId] }), 1);
  for (const tookMs of [100, 90_000, 300]) await store.timeline.add(entry({ tookMs }));
  await store.timeline.add(entry({ about: 'data', tookMs: 50 }));
  await store.timeline.add(entry({ about: 'data' }));
  await store.timeline.add(entry({ about: 'data', what: 'gone', tookMs: 9999 }));
  await store.timeline.add(entry({ environment: 'other-7' as EnvironmentId, tookMs: 7 }));
  assert.deepEqual({ ...(await store.timeline.usualMs(aRepository)) }, { web: 300, data: 50 });
  assert.deepEqual({ ...(await store.timeline.usualMs({ ...other, id: '9' as RepositoryId })) }, {});
  return undefined;
};

const timelinePrunes: Check<StoreWorld> = async ({ store }) => {
  for (const at of [1, 2, 3]) await store.timeline.add(entry({ at }));
  await store.timeline.add(entry({ environment: 'shop-8' as EnvironmentId }));
  assert.equal(await store.timeline.prune(2), 1);
  assert.deepEqual(
    (await store.timeline.list(shop7, { limit: 9 })).map(({ at }) => at),
    [2, 3],
  );
  assert.equal((await store.timeline.list('shop-8' as EnvironmentId, { limit: 9 })).length, 1);
  return undefined;
};

const announcements: Check<StoreWorld> = async ({ store }) => {
  const said = {
    environment: shop7,
    announcer: 'slack',
    said: 'hash',
    handle: { ts: '1.2' },
    failures: 1,
    notBefore: 5,
  };
  const unsaid = { ...said, said: undefined, handle: undefined };
  assert.equal(await store.announcements.find(shop7, 'slack'), undefined);
  await store.announcements.save(said);
  assert.deepEqual(await store.announcements.find(shop7, 'slack'), said);
  await store.announcements.save(unsaid);
  assert.deepEqual(await store.announcements.find(shop7, 'slack'), unsaid);
  assert.equal(await store.announcements.find(shop7, 'comment'), undefined);
  return undefined;
};

export const journalLaws: LawBook<StoreWorld> = {
  'an intent comes back whole, and the next one replaces it': intentSurvives,
  'a note writes its fields, leaves the others and makes no record': notes,
  'an adopted claim keeps the highest generation and revives what was gone': adopts,
  'the generation of a role never falls, whatever is found': generationNeverFalls,
  'live lists only what is not gone': lives,
  'pruning drops roles gone before, of all environments': prunesRoles,
  'strange texts of resources come back as they were': strange,
  'a fraction of a millisecond is not refused': fractions,
  'the timeline is listed in the order of writing, in pages': timeline,
  'the usual length is the median of what was ready, by role and repository': medians,
  'the timeline is shortened to the newest of each environment': timelinePrunes,
  'what was announced comes back as it was saved': announcements,
};
