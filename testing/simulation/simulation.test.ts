import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from './run-seed.ts';

/** The gate runs 500. */
const seeds = 6;

test(`${seeds} histories full of trouble end well`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const result = await runSeed(seed);
    assert.deepEqual(result.problems, [], `npm run simulate -- --seed ${seed} --trace`);
    kills += result.kills;
  }
  assert.ok(kills > 0, 'the server was killed at least once');
});

test('the same seed is the same history, another seed another', async () => {
  const [first, again, other] = [await runSeed(3), await runSeed(3), await runSeed(4)];
  assert.equal(first.hash, again.hash);
  assert.notEqual(first.hash, other.hash);
});
