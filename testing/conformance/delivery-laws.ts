import assert from 'node:assert/strict';
import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { Check, LawBook } from './law-book.ts';
import { aDelivery, aMark, type StoreWorld, shop7, strangeTexts } from './store-laws.ts';

const oncePerGuid: Check<StoreWorld> = async ({ store }) => {
  assert.deepEqual(await store.deliveries.record([aDelivery()]), [{ environment: shop7, repeat: false }]);
  assert.deepEqual(await store.deliveries.record([aDelivery({ receivedAt: 2000 })]), [
    { environment: undefined, repeat: true },
  ]);
  const listed = await store.deliveries.list({ limit: 10 });
  assert.equal(listed.length, 1);
  assert.equal(listed[0]?.repeats, 1);
  assert.equal(listed[0]?.receivedAt, 1000, 'the first arrival is kept');
  assert.equal((await store.environments.find(shop7))?.requested, 1, 'a repeat marks nothing');
  return undefined;
};

const twiceInOneBatch: Check<StoreWorld> = async ({ store }) => {
  const other = aDelivery({ guid: 'guid-2', mark: aMark({ number: 8, ids: ['shop-8' as EnvironmentId] }) });
  assert.deepEqual(await store.deliveries.record([aDelivery(), aDelivery(), other]), [
    { environment: shop7, repeat: false },
    { environment: undefined, repeat: true },
    { environment: 'shop-8', repeat: false },
  ]);
  const listed = await store.deliveries.list({ limit: 10 });
  assert.deepEqual(
    listed.map(({ guid, repeats }) => [guid, repeats]),
    [
      ['guid-2', 0],
      ['guid-1', 1],
    ],
  );
  return undefined;
};

const wholeOrNot: Check<StoreWorld> = async ({ store }) => {
  await store.environments.mark(aMark(), 1);
  // Its only name is taken by another pull request, so this mark must fail, and with it the batch.
  const bad = aDelivery({ guid: 'bad', mark: aMark({ number: 8, ids: [shop7] }) });
  const good = aDelivery({ guid: 'good', mark: aMark({ number: 9, ids: ['shop-9' as EnvironmentId] }) });
  await assert.rejects(store.deliveries.record([good, bad]), { code: 'store/names-taken' });
  assert.deepEqual(await store.deliveries.list({ limit: 10 }), []);
  assert.equal(await store.environments.find('shop-9' as EnvironmentId), undefined);
  assert.deepEqual(await store.deliveries.record([good]), [{ environment: 'shop-9', repeat: false }]);
  return undefined;
};

const batchesAtOnce: Check<StoreWorld> = async ({ store }) => {
  const delivery = (n: number) =>
    aDelivery({ guid: `guid-${n}`, mark: aMark({ number: n, ids: [`shop-${n}` as EnvironmentId] }) });
  // Each batch has all of them, in an order of its own.
  const numbers = [1, 2, 3, 4, 5, 6];
  const batches = numbers.map((first) => numbers.map((n) => delivery(1 + ((first + n * (first % 2 ? 1 : 5)) % 6))));
  const answers = await Promise.all(batches.map((batch) => store.deliveries.record(batch)));
  for (const n of numbers) {
    const told = batches.flatMap((batch, at) =>
      batch.flatMap(({ guid }, index) => (guid === `guid-${n}` ? [answers[at]?.[index]] : [])),
    );
    assert.deepEqual(
      told.filter((answer) => !answer?.repeat),
      [{ environment: `shop-${n}`, repeat: false }],
      'exactly one is told that it is new',
    );
    assert.equal((await store.environments.find(`shop-${n}` as EnvironmentId))?.requested, 1);
  }
  const listed = await store.deliveries.list({ limit: 50 });
  assert.deepEqual(
    listed.map(({ guid, repeats }) => `${guid} ${repeats}`).sort(),
    numbers.map((n) => `guid-${n} 5`),
  );
  return undefined;
};

const nothingIsNothing: Check<StoreWorld> = async ({ store }) => {
  assert.deepEqual(await store.deliveries.record([]), []);
  return undefined;
};

const ignoredMarksNothing: Check<StoreWorld> = async ({ store }) => {
  const ping = aDelivery({
    event: 'ping',
    action: undefined,
    repositoryName: undefined,
    number: undefined,
    decision: 'ignored',
    reason: 'a ping',
    mark: undefined,
  });
  assert.deepEqual(await store.deliveries.record([ping]), [{ environment: undefined, repeat: false }]);
  const [kept] = await store.deliveries.list({ limit: 1 });
  const { mark, body, ...said } = ping;
  assert.deepEqual(kept, {
    ...said,
    id: kept?.id,
    environment: undefined,
    size: 2,
    repeats: 0,
    sameBodyAs: undefined,
  });
  assert.equal(typeof kept?.id, 'number');
  assert.deepEqual(await store.environments.list(), []);
  return undefined;
};

const bodiesSurvive: Check<StoreWorld> = async ({ store }) => {
  const body = Uint8Array.from({ length: 300_000 }, (_value, index) => index % 256);
  await store.deliveries.record([aDelivery({ body })]);
  const [kept] = await store.deliveries.list({ limit: 1 });
  assert.equal(kept?.size, 300_000);
  assert.deepEqual(await store.deliveries.findBody(kept.id), body);
  assert.equal(await store.deliveries.findBody(kept.id + 1), undefined);
  return undefined;
};

const pagesAndPrunes: Check<StoreWorld> = async ({ store }) => {
  for (let index = 1; index <= 5; index += 1) {
    const mark = index === 2 ? aMark() : undefined;
    await store.deliveries.record([aDelivery({ guid: `g${index}`, mark })]);
  }
  const guids = async (about: Parameters<typeof store.deliveries.list>[0]): Promise<string[]> =>
    (await store.deliveries.list(about)).map(({ guid }) => guid);
  const first = await store.deliveries.list({ limit: 2 });
  assert.deepEqual(
    first.map(({ guid }) => guid),
    ['g5', 'g4'],
  );
  assert.deepEqual(await guids({ limit: 2, before: first[1]?.id ?? 0 }), ['g3', 'g2']);
  assert.deepEqual(await guids({ limit: 9, environment: shop7 }), ['g2']);
  assert.equal(await store.deliveries.prune(9), 0);
  assert.equal(await store.deliveries.prune(2), 3);
  assert.deepEqual(await guids({ limit: 9 }), ['g5', 'g4']);
  assert.equal(await store.deliveries.prune(0), 2);
  return undefined;
};

const strangeDeliveries: Check<StoreWorld> = async ({ store }) => {
  const batch = strangeTexts.map((text, index) =>
    aDelivery({
      guid: `${index}${text.slice(0, 100)}`,
      action: text,
      body: new TextEncoder().encode(`${index}`),
      reason: text,
      repositoryName: text,
      mark: undefined,
    }),
  );
  await store.deliveries.record(batch);
  const listed = (await store.deliveries.list({ limit: 10 })).toReversed();
  assert.deepEqual(
    listed.map(({ action, reason, repositoryName }) => [action, reason, repositoryName]),
    strangeTexts.map((text) => [text, text, text]),
  );
  return undefined;
};

const replaysAreTold: Check<StoreWorld> = async ({ store }) => {
  const body = new TextEncoder().encode('{"the":"same"}');
  const told = async (): Promise<(readonly [guid: string, reason: string, sameBodyAs: number | undefined])[]> =>
    (await store.deliveries.list({ limit: 9 }))
      .map(({ guid, reason, sameBodyAs }) => [guid, reason, sameBodyAs] as const)
      .toReversed();
  await store.deliveries.record([aDelivery({ guid: 'other', reason: 'looking' })]);
  await store.deliveries.record([aDelivery({ guid: 'first', reason: 'looking', body })]);
  const first = (await store.deliveries.list({ limit: 1 }))[0]?.id;
  assert.deepEqual(await store.deliveries.record([aDelivery({ guid: 'replay', reason: 'looking', body })]), [
    { environment: shop7, repeat: false },
  ]);
  await store.deliveries.record([aDelivery({ guid: 'first', reason: 'looking', body })]);
  assert.deepEqual(await told(), [
    ['other', 'looking', undefined],
    ['first', 'looking', undefined],
    ['replay', 'looking', first],
  ]);
  assert.equal((await store.environments.find(shop7))?.requested, 3, 'a replay only makes us look');
  const twin = new TextEncoder().encode('{"twins":true}');
  await store.deliveries.record(['a', 'b', 'c'].map((guid) => aDelivery({ guid, reason: 'looking', body: twin })));
  const a = (await store.deliveries.list({ limit: 9 })).find(({ guid }) => guid === 'a')?.id;
  assert.deepEqual((await told()).slice(3).toSorted(), [
    ['a', 'looking', undefined],
    ['b', 'looking', a],
    ['c', 'looking', a],
  ]);
  await store.deliveries.record([aDelivery({ guid: 'again', reason: 'looking', body })]);
  assert.equal((await store.deliveries.list({ limit: 1 }))[0]?.sameBodyAs, first, 'the first, not the last before it');
  await store.deliveries.prune(4);
  assert.equal(
    (await store.deliveries.list({ limit: 1 }))[0]?.sameBodyAs,
    undefined,
    'only what is still there is named',
  );
  return undefined;
};

export const deliveryLaws: LawBook<StoreWorld> = {
  'a body that came before under another GUID is told with the first delivery that brought it, also within a batch':
    replaysAreTold,
  'a delivery is recorded once for each GUID; a repeat is counted and marks nothing': oncePerGuid,
  'the same delivery twice in one batch is one delivery, answered in order': twiceInOneBatch,
  'a batch is recorded whole or not at all': wholeOrNot,
  'batches at once with the same deliveries: one of them records each': batchesAtOnce,
  'an empty batch is recorded as nothing': nothingIsNothing,
  'what is ignored is kept with its reason, and what is missing stays missing': ignoredMarksNothing,
  'bodies come back byte for byte': bodiesSurvive,
  'deliveries are listed newest first in pages, and pruned to the newest': pagesAndPrunes,
  'strange texts of deliveries come back as they were': strangeDeliveries,
};
