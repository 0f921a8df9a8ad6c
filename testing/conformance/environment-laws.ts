import assert from 'node:assert/strict';
import type { EnvironmentId } from '../../src/domain/claim.ts';
import { noChoices } from '../../src/domain/environment.ts';
import type { RepositoryId } from '../../src/domain/pull-request.ts';
import { aPullRequest, aRepository, aResource, aSha } from '../builders.ts';
import type { Check, LawBook } from './law-book.ts';
import { aMark, type StoreWorld, shop7, strangeTexts } from './store-laws.ts';

const firstMark: Check<StoreWorld> = async ({ store }) => {
  assert.equal(await store.environments.mark(aMark(), 1000), shop7);
  assert.deepEqual(await store.environments.find(shop7), {
    id: shop7,
    repository: aRepository,
    number: 7,
    hosts: {},
    requested: 1,
    observed: 0,
    pull: undefined,
    choices: noChoices,
    phase: 'waiting',
    because: 'not looked at yet',
    phaseSince: 1000,
    createdAt: 1000,
    wantedSince: 1000,
    liveSha: undefined,
    closedAt: undefined,
    receipt: undefined,
  });
  return undefined;
};

const marksAtOnce: Check<StoreWorld> = async ({ store }) => {
  // Others first, so that every connection is open and the marks really meet.
  const others = Array.from({ length: 8 }, (_value, index) => {
    const number = 100 + index;
    return store.environments.mark(aMark({ number, ids: [`shop-${number}` as EnvironmentId] }), 1);
  });
  await Promise.all(others);
  const ids = await Promise.all(Array.from({ length: 20 }, () => store.environments.mark(aMark(), 1)));
  assert.deepEqual(new Set(ids), new Set([shop7]), 'even the first two, at once, are one environment');
  assert.equal((await store.environments.find(shop7))?.requested, 20);
  assert.equal((await store.environments.list()).length, 9);
  return undefined;
};

const firstFreeName: Check<StoreWorld> = async ({ store }) => {
  const other = { id: '2002' as RepositoryId, name: 'other/shop' };
  const ids = [shop7, 'shop-7-b' as EnvironmentId, 'shop-7-c' as EnvironmentId];
  assert.equal(await store.environments.mark(aMark({ ids }), 1), shop7);
  assert.equal(await store.environments.mark(aMark({ repository: other, ids }), 1), 'shop-7-b');
  const renamed = { ...aRepository, name: 'acme/store' };
  const again = await store.environments.mark(aMark({ repository: renamed, ids: ['store-7' as EnvironmentId] }), 2);
  assert.equal(again, shop7, 'its name stays for life, though the repository was renamed');
  assert.equal((await store.environments.find(shop7))?.repository.name, 'acme/store');
  const third = { id: '3003' as RepositoryId, name: 'third/shop' };
  await assert.rejects(store.environments.mark(aMark({ repository: third, ids: [shop7] }), 1), {
    code: 'store/names-taken',
  });
  return undefined;
};

const orphans: Check<StoreWorld> = async ({ store }) => {
  await store.environments.adoptOrphan(shop7, 5);
  await store.environments.adoptOrphan('shop-8' as EnvironmentId, 5);
  await store.environments.adoptOrphan(shop7, 6);
  const orphan = await store.environments.find(shop7);
  assert.equal(orphan?.number, 0);
  assert.equal(orphan.createdAt, 5);
  assert.equal(await store.environments.mark(aMark(), 9), shop7, 'its pull request gets the name back');
  const claimed = await store.environments.find(shop7);
  assert.deepEqual([claimed?.number, claimed?.repository.id], [7, aRepository.id]);
  assert.ok((claimed?.requested ?? 0) > orphan.requested, 'it is dirty again');
  await store.environments.adoptOrphan(shop7, 10);
  assert.equal((await store.environments.find(shop7))?.number, 7, 'a known one is not made an orphan');
  return undefined;
};

const choosing: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  const chosen = Array.from({ length: 10 }, () =>
    store.environments.choose(shop7, (choices) => ({ ...choices, redeploys: choices.redeploys + 1 })),
  );
  const marked = Array.from({ length: 10 }, () => store.environments.mark(aMark(), 2));
  await Promise.all([...chosen, ...marked]);
  const after = await store.environments.find(shop7);
  assert.equal(after?.choices.redeploys, 10);
  assert.equal(after.requested, 21);
  const answer = await store.environments.choose(shop7, (choices) => ({ ...choices, pinnedSha: aSha(2) }));
  assert.deepEqual(answer, await store.environments.find(shop7), 'it answers what is stored');
  const unpinned = await store.environments.choose(shop7, ({ pinnedSha, ...others }) => others);
  assert.equal('pinnedSha' in unpinned.choices, false);
  await assert.rejects(
    store.environments.choose('none-1' as EnvironmentId, (choices) => choices),
    { code: 'request/unknown-environment' },
  );
  return undefined;
};

const updateLeavesRest: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  await store.environments.update(shop7, {
    pull: aPullRequest(),
    liveSha: aSha(1),
    closedAt: 7,
    hosts: { app: 'a.b' },
  });
  const before = await store.environments.find(shop7);
  await store.environments.update(shop7, { phase: 'building', observed: 1 });
  assert.deepEqual(await store.environments.find(shop7), { ...before, phase: 'building', observed: 1 });
  await store.environments.update(shop7, {});
  await store.environments.update(shop7, { pull: undefined, liveSha: undefined, closedAt: undefined });
  const after = await store.environments.find(shop7);
  assert.deepEqual([after?.pull, after?.liveSha, after?.closedAt], [undefined, undefined, undefined]);
  const receipt = { openedAt: 1, closedAt: 2, resources: [{ role: 'web', kind: 'process', madeAt: 1, goneAt: 2 }] };
  await store.environments.update(shop7, { receipt });
  assert.deepEqual((await store.environments.find(shop7))?.receipt, receipt);
  return undefined;
};

const updateDuringMarks: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  await Promise.all([
    ...Array.from({ length: 10 }, () => store.environments.mark(aMark(), 2)),
    ...Array.from({ length: 10 }, (_value, index) => store.environments.update(shop7, { observed: index })),
  ]);
  assert.equal((await store.environments.find(shop7))?.requested, 11, 'an update takes no mark away');
  return undefined;
};

const strange: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  for (const text of strangeTexts) {
    const pull = aPullRequest({ title: text, author: text, labels: [text] });
    await store.environments.update(shop7, { because: text, pull });
    const kept = await store.environments.find(shop7);
    assert.equal(kept?.because, text);
    assert.deepEqual(kept.pull, pull);
  }
  await store.environments.update(shop7, { because: 'a\0b', pull: aPullRequest({ title: 'a\0b' }) });
  const kept = await store.environments.find(shop7);
  assert.match(kept?.because ?? '', /^a[\0\ufffd]b$/, 'NUL survives, or is seen to be replaced');
  assert.equal(kept?.pull?.title, 'a\0b');
  return undefined;
};

const prunes: Check<StoreWorld> = async ({ store }) => {
  const named = (name: string): EnvironmentId => name as EnvironmentId;
  for (const number of [1, 2, 3, 4])
    await store.environments.mark(aMark({ number, ids: [named(`shop-${number}`)] }), 1);
  await store.environments.update(named('shop-1'), { phase: 'closed', closedAt: 10, observed: 1 });
  await store.environments.update(named('shop-2'), { phase: 'closed', closedAt: 20, observed: 1 });
  await store.environments.update(named('shop-3'), { phase: 'closed', closedAt: 10, observed: 1 });
  await store.resources.intend(aResource({ environment: named('shop-1'), goneAt: 9 }));
  await store.resources.intend(aResource({ environment: named('shop-3') }));
  await store.timeline.add(anEntry(named('shop-1')));
  assert.equal(await store.environments.prune(20), 1, 'not what closed at that time, has a resource, or is open');
  assert.deepEqual(
    (await store.environments.list()).map(({ id }) => id),
    ['shop-2', 'shop-3', 'shop-4'],
  );
  assert.deepEqual(await store.resources.of(named('shop-1')), []);
  assert.deepEqual(await store.timeline.list(named('shop-1'), { limit: 9 }), []);
  return undefined;
};

const anEntry = (environment: EnvironmentId) =>
  ({ environment, at: 1, about: 'environment', what: 'phase', message: '', tookMs: undefined, details: {} }) as const;

const markedBeforePrune: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  await store.environments.update(shop7, { phase: 'closed', closedAt: 10, observed: 1 });
  await store.environments.mark(aMark(), 30);
  assert.equal(await store.environments.prune(20), 0, 'somebody asked for a look that was not taken yet');
  assert.equal((await store.environments.find(shop7))?.requested, 2);
  return undefined;
};

const reopenedDuringPrune: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  await store.environments.update(shop7, { phase: 'closed', closedAt: 10, observed: 1 });
  const pruned = store.environments.prune(20);
  await store.environments.mark(aMark(), 30);
  await store.resources.intend(aResource());
  await pruned;
  assert.equal((await store.resources.of(shop7)).length, 1, 'what was intended meanwhile is not forgotten');
  return undefined;
};

const waiting: Check<StoreWorld> = async ({ store }) => {
  const named = (name: string): EnvironmentId => name as EnvironmentId;
  for (const number of [1, 2]) await store.environments.mark(aMark({ number, ids: [named(`shop-${number}`)] }), 1);
  await store.environments.update(named('shop-2'), { observed: 1 });
  for (const name of ['orphan-1', 'orphan-2', 'orphan-3']) {
    await store.environments.adoptOrphan(named(name), 1);
    await store.environments.update(named(name), { observed: 1, ...(name === 'orphan-1' ? {} : { phase: 'closed' }) });
  }
  await store.resources.intend(aResource({ environment: named('orphan-2') }));
  await store.resources.intend(aResource({ environment: named('orphan-3'), goneAt: 9 }));
  assert.deepEqual((await store.environments.listWaiting()).toSorted(), ['orphan-1', 'orphan-2', 'shop-1']);
  return undefined;
};

export const environmentLaws: LawBook<StoreWorld> = {
  'the first mark makes the record, and what is missing in it is undefined': firstMark,
  'marks at once are all counted, for one environment': marksAtOnce,
  'the first free name wins and stays': firstFreeName,
  'an orphan is adopted once, and then claimed by its pull request': orphans,
  'no choice is lost among choices and marks at once': choosing,
  'an update writes its fields and leaves the others': updateLeavesRest,
  'an update takes no mark away': updateDuringMarks,
  'strange texts of pull requests come back as they were': strange,
  'a mark waits until it was followed up, an orphan until it is over': waiting,
  'pruning forgets what closed before and holds nothing any more': prunes,
  'a mark that was not looked at yet is not pruned away': markedBeforePrune,
  'what is reopened while it is pruned keeps what it is about to make': reopenedDuringPrune,
};
