import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BakeRecord } from './bake-record.ts';
import { currentOf, dueAt, keptVersions, spentRecords } from './bake-rules.ts';

const at = (text: string): number => Date.parse(`2026-11-${text}Z`);
const complete = (version: string, over: Partial<BakeRecord> = {}): BakeRecord => ({
  ...{ id: version, state: 'complete', by: 'mira', startedAt: 0, endedAt: 1, version, image: 'r/a', tries: 1 },
  ...over,
});
const failed = (id: string): BakeRecord => ({ id, state: 'failed', by: 'mira', startedAt: 0, endedAt: 1, tries: 1 });
const nightly = { image: 'r/a', schedule: '0 4 * * *', timeZone: 'UTC', keep: 2 };

test('the newest complete version is in use, whatever failed since', () => {
  assert.equal(currentOf([failed('c'), complete('b'), complete('a')], { image: 'r/a' })?.version, 'b');
  assert.equal(currentOf([failed('c')], { image: 'r/a' }), undefined);
});

test('versions in another registry are none of this one', () => {
  assert.equal(currentOf([complete('b', { image: 'old/a' }), complete('a')], { image: 'r/a' })?.version, 'a');
});

test('times that were missed are made up once, together', () => {
  const records = [complete('a', { startedAt: at('20T04:00'), endedAt: at('20T04:10') })];
  assert.equal(dueAt(nightly, at('01T00:00'), records), at('21T04:00'));
  const after = [complete('b', { startedAt: at('24T09:00'), endedAt: at('24T09:05') }), ...records];
  assert.equal(dueAt(nightly, at('01T00:00'), after), at('25T04:00'));
});

test('a time that passed while a bake was under way is not made up', () => {
  const records = [complete('a', { startedAt: at('20T03:50'), endedAt: at('20T04:10') })];
  assert.equal(dueAt(nightly, 0, records), at('21T04:00'));
});

test('times before the schedule was known were never promised', () => {
  assert.equal(dueAt(nightly, at('24T09:00'), []), at('25T04:00'));
  assert.equal(dueAt({ image: 'r/a', timeZone: 'UTC', keep: 2 }, 0, []), undefined);
});

test('the newest are kept, and those that a machine names', () => {
  const records = [complete('d'), failed('x'), complete('c'), complete('b'), complete('a')];
  const kept = keptVersions(records, 2, (version) => version === 'a');
  assert.deepEqual([...kept].toSorted(), ['a', 'c', 'd']);
  assert.deepEqual(
    spentRecords(records, kept).map(({ id }) => id),
    ['b'],
  );
});

test('of failures the last ten are kept', () => {
  const records = Array.from({ length: 12 }, (_, index) => failed(String(index)));
  assert.deepEqual(
    spentRecords(records, new Set()).map(({ id }) => id),
    ['10', '11'],
  );
});
