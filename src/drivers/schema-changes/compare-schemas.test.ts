import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeSentence } from './change-sentences.ts';
import { compareSchemas } from './compare-schemas.ts';
import { keptText, type Schema, type Table } from './schema.ts';

const aTable = (over: Partial<Table> = {}): Table => ({
  kind: 'table',
  columns: { id: 'int(11) not null' },
  indexes: { PRIMARY: 'primary (id)' },
  keys: {},
  definition: 'InnoDB',
  file: '1',
  ...over,
});
const schema = (tables: Record<string, Table>): Schema => ({ tables });
const before = schema({ orders: aTable(), old: aTable(), view: aTable({ kind: 'view', definition: 'select 1' }) });

test('a schema is the same as itself, however it is ordered', () => {
  assert.deepEqual(compareSchemas(before, before), []);
  assert.deepEqual(compareSchemas(before, schema(Object.fromEntries(Object.entries(before.tables).reverse()))), []);
});

test('what was added, removed and changed is told by name', () => {
  const after = schema({
    orders: aTable({
      columns: { id: 'bigint(20) not null', coupon: 'varchar(40)' },
      indexes: {},
      keys: { fk: '(a) to b (id)' },
    }),
    fresh: aTable(),
    view: aTable({ kind: 'view', definition: 'select 2' }),
  });
  assert.deepEqual(compareSchemas(before, after), [
    { table: 'fresh', what: 'added', parts: ['table', '1 column', '1 index'] },
    { table: 'old', what: 'removed', parts: ['table'] },
    {
      table: 'orders',
      what: 'changed',
      parts: [
        'column id int(11) not null → bigint(20) not null',
        'column coupon varchar(40) added',
        'index PRIMARY removed',
        'key fk (a) to b (id) added',
      ],
    },
    { table: 'view', what: 'changed', parts: ['view defined anew'] },
  ]);
});

test('what is beside columns and keys is told by kind and name, and nothing of it where an older version did not look', () => {
  const old = {
    ...schema({ orders: aTable({ others: { 'trigger audit': '' } }) }),
    others: { 'function a(int)': 'x' },
  };
  const now = {
    ...schema({ orders: aTable({ others: { 'trigger audit': 'disabled', collation: 'utf8mb4_bin' } }) }),
    others: { 'function a(int)': keptText('x', 'another body'), 'type mood': '(sad, glad)' },
  };
  assert.deepEqual(compareSchemas(old, now), [
    { table: 'orders', what: 'changed', parts: ['trigger audit → disabled', 'collation utf8mb4_bin added'] },
    { table: 'a(int)', what: 'changed', parts: ['function defined anew'] },
    { table: 'mood', what: 'added', parts: ['type'] },
  ]);
  assert.deepEqual(compareSchemas(schema({ orders: aTable() }), now), []);
});

test('a long text that differs only near its end is another one', () => {
  const columns = (end: string) => ({ label: keptText(`enum(${'x'.repeat(400)}${end})`) });
  const [before, after] = [aTable({ columns: columns('a') }), aTable({ columns: columns('b') })];
  assert.deepEqual(compareSchemas(schema({ orders: before }), schema({ orders: after })), [
    { table: 'orders', what: 'changed', parts: ['column label defined anew'] },
  ]);
});

test('a table with another file was rewritten if a statement could have done it, and not when it was just emptied', () => {
  const after = schema({ ...before.tables, orders: aTable({ file: '2' }) });
  assert.deepEqual(compareSchemas(before, after), []);
  assert.deepEqual(compareSchemas(before, after, new Set(['orders'])), [
    { table: 'orders', what: 'rewritten', parts: [] },
  ]);
});

test('the sentence says how many rows and how long, and is bounded', () => {
  const alter = { at: 0, ms: 38_000, sql: 'ALTER TABLE orders …', table: 'orders' };
  const change = { table: 'orders', what: 'rewritten', parts: ['column coupon varchar(40) added'] } as const;
  assert.equal(
    changeSentence(change, 2_100_000, [alter]).sentence,
    'ALTER on orders rewrote 2.1 million rows, 38 s: column coupon varchar(40) added',
  );
  assert.equal(
    changeSentence({ ...change, what: 'changed' }, undefined, []).sentence,
    'orders: column coupon varchar(40) added',
  );
  const many = Array.from({ length: 500 }, (_, index) => `column c${index} ${'x'.repeat(200)} added`);
  assert.ok(changeSentence({ ...change, parts: many }, 1, [alter]).sentence.length <= 300);
});
