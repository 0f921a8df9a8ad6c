import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ablatedRules, firstFailure } from './ablations.ts';
import { disturbEverywhere } from './boundaries.ts';
import { runSeed } from './run-seed.ts';

const seeds = 15;
/** Enough for each rule to be missed; printed by `npm run simulate -- --ablations`. */
const ablationSeeds = 150;
/** Every boundary is disturbed by `npm run simulate -- --boundaries`; here each so-many-th. */
const everyBoundary = 61;

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

for (const rule of ablatedRules) {
  test(`it is noticed when this rule is missing: ${rule.rule}`, async () => {
    assert.ok(await firstFailure(rule, ablationSeeds), `none of ${ablationSeeds} seeds noticed`);
  });
}

for (const stretch of ['build', 'teardown'] as const) {
  test(`a ${stretch} disturbed at one of its boundaries ends well`, async () => {
    const { boundaries, runs, failures } = await disturbEverywhere(stretch, everyBoundary);
    assert.deepEqual(failures, []);
    assert.ok(boundaries > 50 && runs > 10, `${boundaries} boundaries, ${runs} runs`);
  });
}
