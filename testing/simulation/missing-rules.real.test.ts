import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ablatedRules, firstFailure } from './ablations.ts';
import { disturbEverywhere, stretches } from './boundaries.ts';

/** Enough for each rule to be missed; printed by `npm run simulate -- --ablations`. */
const ablationSeeds = 150;
/** Every boundary is disturbed by `npm run simulate -- --boundaries`; here each so-many-th. */
const everyBoundary = 61;

for (const rule of ablatedRules) {
  test(`it is noticed when this rule is missing: ${rule.rule}`, async () => {
    assert.ok(await firstFailure(rule, ablationSeeds), `none of ${ablationSeeds} seeds noticed`);
  });
}

for (const stretch of stretches) {
  test(`a ${stretch} disturbed at one of its boundaries ends well`, async () => {
    const { boundaries, runs, failures } = await disturbEverywhere(stretch, everyBoundary);
    assert.deepEqual(failures, []);
    assert.ok(boundaries > 50 && runs > 10, `${boundaries} boundaries, ${runs} runs`);
  });
}
