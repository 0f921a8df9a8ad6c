import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentId } from '../domain/claim.ts';
import { changes } from './changes.ts';

const [one, other] = ['shop-1', 'shop-2'] as EnvironmentId[] as [EnvironmentId, EnvironmentId];

test('whoever watches one environment hears of it alone, whoever watches all hears of each', () => {
  const all = changes();
  const heard: string[] = [];
  all.watch(one, (id) => heard.push(`one ${id}`));
  all.watch(undefined, (id) => heard.push(`all ${id}`));
  all.publish(one);
  all.publish(other);
  assert.deepEqual(heard, ['all shop-1', 'one shop-1', 'all shop-2']);
});

test('who has ended a watch hears nothing more, and the others still do', () => {
  const all = changes();
  const heard: string[] = [];
  const end = all.watch(one, () => heard.push('first'));
  all.watch(one, () => heard.push('second'));
  end();
  end();
  all.publish(one);
  assert.deepEqual(heard, ['second']);
});

test('a watch may end, or another begin, while it is told', () => {
  const all = changes();
  let told = 0;
  const end = all.watch(one, () => {
    told += 1;
    end();
    all.watch(one, () => {
      told += 10;
    });
  });
  all.publish(one);
  assert.equal(told, 1);
  all.publish(one);
  assert.equal(told, 11);
});

test('a watch that begins after the last of its environment ended is told', () => {
  const all = changes();
  let told = 0;
  const end = all.watch(one, () => undefined);
  end();
  const endNext = all.watch(one, () => {
    told += 1;
  });
  end();
  all.publish(one);
  assert.equal(told, 1);
  endNext();
});
