import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aResource } from '../../testing/builders.ts';
import { migrationsOf, migrationsText, rowsText } from './migrations.ts';
import type { Resource } from './resource.ts';

const facts = {
  tookMs: 41_000,
  changes: [{ table: 'orders', what: 'rewritten', sentence: 'ALTER on orders rewrote 2.1 million rows, 38 s' }],
  slow: [{ sql: 'ALTER TABLE orders ADD coupon INT', ms: 38_000, rows: 2_100_000 }],
};
const looked = (over: Partial<Resource> = {}): Resource =>
  aResource({ role: 'db-changes.00000001', kind: 'schema-changes', status: 'ready', facts, readyAt: 5, ...over });

test('the newest look at each database is told', () => {
  const older = looked({ role: 'db-changes.00000002', facts: { ...facts, tookMs: 1 }, readyAt: 4 });
  const [found, ...more] = migrationsOf([older, looked()]);
  assert.deepEqual(more, []);
  assert.ok(found);
  assert.deepEqual([found.database, found.tookMs], ['db', 41_000]);
  assert.deepEqual(migrationsText(found), {
    heading: 'Migrations of db, 41 s',
    changes: ['ALTER on orders rewrote 2.1 million rows, 38 s'],
    slow: [{ took: '38 s, 2.1 million rows', sql: 'ALTER TABLE orders ADD coupon INT' }],
  });
});

test('nothing is told of what did not change, is not ready, is gone, or cannot be read', () => {
  assert.deepEqual(migrationsOf([looked({ facts: { tookMs: 5, changes: [], slow: [] } })]), []);
  assert.deepEqual(migrationsOf([looked({ status: 'arriving' })]), []);
  assert.deepEqual(migrationsOf([looked({ goneAt: 9 })]), []);
  assert.deepEqual(migrationsOf([looked({ facts: { changes: ['x', null, { sentence: 7 }], slow: 'x' } })]), []);
});

test('when the newest look shows nothing, what an older one showed is not brought back', () => {
  const nothing = looked({ role: 'db-changes.00000002', facts: { tookMs: 1, changes: [], slow: [] }, readyAt: 9 });
  assert.deepEqual(migrationsOf([looked(), nothing]), []);
});

test('rows are counted as people read them', () => {
  assert.deepEqual([0, 1, 41_200, 2_140_000, 3_000_000_000].map(rowsText), [
    '0 rows',
    '1 row',
    '41,200 rows',
    '2.1 million rows',
    '3 billion rows',
  ]);
});
