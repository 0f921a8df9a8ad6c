import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from './seeded-random.ts';

const draw = (seed: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: 20 }, () => random.between(1, 1000));
};

test('the same seed draws the same, another seed something else', () => {
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test('a fork does not depend on how much was drawn before', () => {
  const one = seededRandom(3);
  const other = seededRandom(3);
  other.next();
  assert.equal(one.fork('faults').next(), other.fork('faults').next());
  assert.notEqual(one.fork('faults').next(), one.fork('people').next());
});

test('chance keeps its share', () => {
  const random = seededRandom(1);
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.2)).filter(Boolean).length;
  assert.ok(hits > 1800 && hits < 2200, `${hits} of 10000`);
});
