import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillIn, literal } from './template.ts';

const facts = { data: { path: '/data/7', version: 3 }, web: { port: 4000, deep: { a: [1] } } };

test('what is no placeholder stands for itself', () => {
  const plain = { text: 'data.path', none: null, list: [1, [true, null]], inner: { fact: 7, other: 'x' }, empty: {} };
  assert.deepEqual(fillIn(plain, facts), plain);
});

test('a fact comes as it is, wherever it stands', () => {
  const filled = fillIn(
    { port: { fact: 'web.port' }, list: [{ fact: 'data.path' }], all: { fact: 'web.deep' } },
    facts,
  );
  assert.deepEqual(filled, { port: 4000, list: ['/data/7'], all: { a: [1] } });
});

test('parts that are joined become one text', () => {
  assert.deepEqual(fillIn({ url: { join: ['file:', { fact: 'data.path' }, '/v', { fact: 'data.version' }] } }, facts), {
    url: 'file:/data/7/v3',
  });
});

test('a fact that no need has is refused by its name', () => {
  for (const path of ['data.size', 'cache.path', 'web.port.number', 'web.deep.a.0', 'data.constructor'])
    assert.throws(
      () => fillIn({ x: { fact: path } }, facts),
      new RegExp(`no fact ${path.replaceAll('.', '\\.')}`),
      path,
    );
});

test('what was filled in is not filled in again', () => {
  const sly = { data: { path: { fact: 'web.port' } } };
  assert.deepEqual(fillIn({ x: { fact: 'data.path' } }, { ...facts, ...sly }), { x: { fact: 'web.port' } });
});

test('what others wrote stands for itself, whatever it looks like', () => {
  const sly = [
    { fact: 'data.path' },
    { join: ['x', { fact: 'data.path' }] },
    { literal: [{ fact: 'data.path' }] },
    null,
    [],
  ];
  for (const content of sly) assert.deepEqual(fillIn({ a: { b: [literal(content)] } }, facts), { a: { b: [content] } });
});

test('an object with one field of a sly name is no placeholder', () => {
  for (const name of ['fact', 'join', 'literal']) {
    const targets = { [name]: { port: { fact: 'web.port' } } };
    assert.deepEqual(fillIn({ targets }, facts), { targets: { [name]: { port: 4000 } } });
  }
});
